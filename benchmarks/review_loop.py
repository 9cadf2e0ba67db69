"""Verdicts per second and latency of the review loop, with a real server.

    python benchmarks/review_loop.py [--annotators 1,8,32] [--seconds 8] [--database URL]

Each annotator is a thread that judges as fast as it is answered (no thinking between), on a
connection of its own, and speaks what the page's script speaks: one request saves a verdict and
brings the item after next. One JSON line per number of annotators; `duplicates` counts items with
more standing verdicts than the overlap or served twice to one person, `lost` acknowledged verdicts
that the database does not hold. The client shares the machine's cores with the server.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.serving import REPOSITORY, Annotator, Server, Unanswered

# What the database holds afterwards, read the way the product reads it.
READING = """
import json, sys, django
django.setup()
from annotations.models import Verdict
standing = Verdict.objects.standing().filter(item__audit=int(sys.argv[1]))
rows = standing.values_list("submission", "item__place", "annotator")
print(json.dumps([[key.hex, place, person] for key, place, person in rows]))
"""


def judge(
    person: Annotator, until: float, served: list[int], took: list[float], said: list[str]
) -> None:
    """Judge until the time is up or nothing is left."""
    held = person.open_page()
    served += held
    while held and time.perf_counter() < until:
        place, submission = held.pop(0), uuid.uuid4()
        began = time.perf_counter()
        try:
            answer = person.judge(place, submission, held)
        except Unanswered:
            continue
        took.append(time.perf_counter() - began)
        said.append(submission.hex)
        fresh = [card["place"] for card in answer["cards"]]
        held += fresh
        served += fresh
    person.leave()


def server_seconds(group: int) -> float:
    """Processor time that a process group has used so far (Linux; elsewhere 0)."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def measure(annotators: int, seconds: float, items: int, database: str) -> dict[str, Any]:
    """One closed loop against a fresh server and a fresh audit."""
    with tempfile.TemporaryDirectory(prefix="alignment-triage-bench-") as folder:
        server = Server(Path(folder), database=database)
        made = server.prepare(items=items, people=annotators)
        server.start()
        try:
            people = [Annotator(server.port, made["audit"], *each) for each in made["sessions"]]
            for person in people:
                person.open_page()
            served: list[list[int]] = [[] for _ in people]
            took: list[list[float]] = [[] for _ in people]
            said: list[list[str]] = [[] for _ in people]
            used = server_seconds(server.tree.pid) if server.tree else 0.0
            began = time.perf_counter()
            until = began + seconds
            crew = [
                threading.Thread(target=judge, args=(person, until, *lists))
                for person, *lists in zip(people, served, took, said, strict=True)
            ]
            for each in crew:
                each.start()
            for each in crew:
                each.join()
            elapsed = time.perf_counter() - began
            used = (server_seconds(server.tree.pid) if server.tree else 0.0) - used
        finally:
            server.kill()
        reading = subprocess.run(
            [sys.executable, "-c", READING, str(made["audit"])],
            env=server.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
    kept = json.loads(reading.stdout)
    return summary(annotators, (elapsed, used), kept, served, took, said)


def summary(
    annotators: int,
    spent: tuple[float, float],
    kept: list[list[Any]],
    served: list[list[int]],
    took: list[list[float]],
    said: list[list[str]],
) -> dict[str, Any]:
    """The line that is printed."""
    elapsed, used = spent
    every = [value for values in took for value in values]
    acknowledged = {key for keys in said for key in keys}
    judged_twice = sum(count - 1 for count in Counter(place for _, place, _ in kept).values())
    served_twice = sum(len(places) - len(set(places)) for places in served)
    return {
        "annotators": annotators,
        "verdicts": len(every),
        "verdicts_per_second": round(len(every) / elapsed, 1),
        "mean_ms": round(1000 * statistics.mean(every), 1),
        "p50_ms": percentile(every, 0.50),
        "p95_ms": percentile(every, 0.95),
        "p99_ms": percentile(every, 0.99),
        "server_cpu_ms": round(1000 * used / len(every), 2),
        "duplicates": judged_twice + served_twice,
        "lost": len(acknowledged - {key for key, _, _ in kept}),
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Measure each number of annotators and print one line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--annotators", default="1,8,32", help="how many at once, comma separated")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each loop runs")
    parser.add_argument("--items", type=int, default=1500, help="items of the audit")
    parser.add_argument("--database", default="", help="URL of an empty database (default: SQLite)")
    wish = parser.parse_args()
    for count in wish.annotators.split(","):
        line = measure(int(count), wish.seconds, wish.items, wish.database)
        print(json.dumps({**line, "database": wish.database.split(":")[0] or "sqlite"}), flush=True)


if __name__ == "__main__":
    main()
