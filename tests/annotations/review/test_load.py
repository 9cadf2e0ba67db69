"""32 people at once, two to an item, connections cut at random: every item exactly twice.

A cut falls before the request, in the middle of it, or after it was sent and before the answer: the
client then does not know whether it was carried out, and sends the same submission again.
"""

import http.client
import json
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.annotations.review.test_kill import PATIENCE, judge_all
from tests.serving import (
    ANSWER_SECONDS,
    REPOSITORY,
    START_SECONDS,
    Annotator,
    Server,
    Unanswered,
    kind_of,
)

pytestmark = pytest.mark.server
PEOPLE, OVERLAP = 32, 2
CUT = 0.15
READING = """
import json, sys, django
django.setup()
from annotations.models import Seat, Verdict
rows = Verdict.objects.filter(item__audit=int(sys.argv[1]))
open_seats = Seat.objects.filter(item__audit=int(sys.argv[1])).exclude(leased_until=None, annotator__isnull=False)
print(json.dumps({
    "verdicts": [[key.hex, *rest] for key, *rest in rows.values_list(
        "submission", "item__place", "annotator", "kind")],
    "open_seats": open_seats.count(),
}))
"""


class OnABadLine(Annotator):
    """One person whose connection is cut at random."""

    def __init__(self, *given: object, seed: int) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.luck = random.Random(seed)
        self.cuts = Counter[str]()

    def _ask(self, method: str, body: str | None = None) -> tuple[int, str]:
        if method == "POST" and self.luck.random() < CUT:
            self._cut(body or "")
        return super()._ask(method, body)

    def _cut(self, body: str) -> None:
        """Lose the connection somewhere on the way. Raises Unanswered."""
        where = self.luck.choice(["before", "within", "after"])
        self.cuts[where] += 1
        if where != "before":
            self._send_and_hang_up(body, whole=where == "after")
        self.leave()
        raise Unanswered(f"cut {where} the request")

    def _send_and_hang_up(self, body: str, *, whole: bool) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        line.putrequest("POST", self.path)
        line.putheader("Cookie", f"sessionid={self.session}; csrftoken={self.token}")
        line.putheader("X-CSRFToken", self.token)
        line.putheader("X-Review", str(self.user))
        line.putheader("Content-Type", "application/x-www-form-urlencoded")
        line.putheader("Content-Length", str(len(body)))
        line.endheaders()
        line.send((body if whole else body[: len(body) // 2]).encode())
        if whole:
            # Long enough for some to be carried out, too short to hear of it.
            time.sleep(self.luck.random() * 0.05)
        line.close()


@dataclass
class Log:
    """What the clients know."""

    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """SQLite of the server's own, or a fresh database in a real PostgreSQL."""
    if request.param == "sqlite":
        return ""
    import psycopg

    url = request.getfixturevalue("postgres_url")
    name = f"load_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True) as link:
        link.execute(f'create database "{name}"')
    return url.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def server(tmp_path: Path, database: str) -> Iterator[Server]:
    """Stopped again whatever happens."""
    running = Server(tmp_path, database=database)
    yield running
    running.kill()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(
    "items", [100, pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
)
def test_every_item_is_judged_exactly_twice_whatever_is_cut(server: Server, items: int) -> None:
    made = server.prepare(items=items, people=PEOPLE, overlap=OVERLAP)
    server.start()
    log = Log()
    people = [
        OnABadLine(server.port, made["audit"], *each, seed=number)
        for number, each in enumerate(made["sessions"])
    ]
    crew = [
        threading.Thread(target=work, args=(person, log, PATIENCE + items / 2)) for person in people
    ]
    for each in crew:
        each.start()
    for each in crew:
        each.join(PATIENCE + items / 2 + ANSWER_SECONDS)
    server.kill()

    found = read(server, made["audit"])
    kept = found["verdicts"]
    cuts = sum((person.cuts for person in people), Counter())
    assert set(cuts) == {"before", "within", "after"}
    assert log.retried
    # Exactly twice each, by two people, as they said it, and no seat left over.
    assert Counter(place for _, place, _, _ in kept) == dict.fromkeys(range(items), OVERLAP)
    assert len({(place, person) for _, place, person, _ in kept}) == len(kept)
    assert all(kind == kind_of(place) for _, place, _, kind in kept)
    assert found["open_seats"] == 0
    # Nothing acknowledged is lost, and nothing is there that nobody sent.
    acknowledged = {submission for submission, _ in log.acknowledged}
    assert acknowledged <= {submission for submission, *_ in kept}
    assert {submission for submission, *_ in kept} <= acknowledged | set(log.retried)


def work(person: Annotator, log: Log, patience: float) -> None:
    """Judge until nothing is left for this person."""
    try:
        judge_all(person, log.acknowledged, log.retried, patience)
    finally:
        person.leave()


def read(server: Server, audit: int) -> dict:
    """What the database holds, read the way the product reads it."""
    reading = subprocess.run(
        [sys.executable, "-c", READING, str(audit)],
        env=server.environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=START_SECONDS,
    )
    return json.loads(reading.stdout)
