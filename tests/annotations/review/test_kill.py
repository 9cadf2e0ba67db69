"""The server is killed while people judge: nothing acknowledged is lost, nothing is there twice."""

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Annotator, Server, Unanswered, kind_of

pytestmark = pytest.mark.server
ITEMS = 200
PEOPLE = 4
# Seconds that nobody needs unless something hangs.
PATIENCE = 240


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Stopped again whatever happens."""
    running = Server(tmp_path)
    yield running
    running.kill()


def work(person: Annotator, acknowledged: list[tuple[str, int]], retried: list[str]) -> None:
    """Judge until nothing is left; what was not answered is sent again as the same submission."""
    try:
        judge_all(person, acknowledged, retried)
    finally:
        person.leave()


def judge_all(
    person: Annotator,
    acknowledged: list[tuple[str, int]],
    retried: list[str],
    patience: float = PATIENCE,
) -> None:
    """The loop of one person; ends when the page brings no card, or after `patience` seconds."""
    held: list[int] = []
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            held = held or person.open_page()
        except Unanswered:
            time.sleep(0.05)
            continue
        if not held:
            return
        place, submission = held.pop(0), uuid.uuid4()
        while time.monotonic() < deadline:
            try:
                answer = person.judge(place, submission, held)
                break
            except Unanswered:
                retried.append(submission.hex)
                time.sleep(0.05)
        else:
            return
        acknowledged.append((submission.hex, place))
        held += [card["place"] for card in answer["cards"]]


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(server: Server) -> None:
    made = server.prepare(items=ITEMS, people=PEOPLE)
    server.start()
    acknowledged: list[tuple[str, int]] = []
    retried: list[str] = []
    people = [Annotator(server.port, made["audit"], *each) for each in made["sessions"]]
    crew = [threading.Thread(target=work, args=(each, acknowledged, retried)) for each in people]
    for each in crew:
        each.start()
    for share in (0.3, 0.6):
        deadline = time.monotonic() + PATIENCE
        while len(acknowledged) < share * ITEMS and time.monotonic() < deadline:
            time.sleep(0.002)
        server.kill()
        server.start()
    for each in crew:
        each.join(PATIENCE)
    server.kill()

    with sqlite3.connect(server.folder / "db.sqlite3") as rows:
        kept = rows.execute(
            "select verdict.submission, item.place, verdict.kind"
            " from annotations_verdict verdict"
            " join annotations_item item on item.id = verdict.item_id"
        ).fetchall()
        assert rows.execute("pragma integrity_check").fetchone() == ("ok",)
    rows.close()
    assert retried, "no request was under way when the server was killed"
    assert {(submission, place) for submission, place, _kind in kept} == set(acknowledged)
    assert sorted(place for _submission, place, _kind in kept) == list(range(ITEMS))
    assert all(kind == kind_of(place) for _submission, place, kind in kept)
