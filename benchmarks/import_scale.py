"""Import at scale: 1,000,000 predictions in JSON Lines, then the pages' queries over that run.

    .venv/bin/python benchmarks/import_scale.py [--rows N] [--side]

`--side`: with an embedding of 128 numbers and a 7 × 7 attention of every sample in an .npz side
file, in another order. Prints one JSON line: seconds, peak memory of the importing process, and
milliseconds a query.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.readers.side_files import open_side_file
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS
from triage.science.store.browsing import RunBrowser, SampleFilter
from triage.science.store.store import DataRoot


def write_predictions(path: Path, rows: int, seed: int = 0) -> None:
    """Rows such as an evaluation harness writes: four question types, 5,000 distinct questions."""
    rng = np.random.default_rng(seed)
    types = ("counting", "existence", "position", "common sense")
    answers = ("yes", "no", "1", "2", "3", "4", "left", "right", "red", "blue", "a dog", "a cat")
    with path.open("w") as sink:
        for start in range(0, rows, 10_000):
            count = min(10_000, rows - start)
            kind = rng.integers(0, 4, count)
            asked = rng.integers(0, 5000, count)
            right = rng.integers(0, len(answers), count)
            wrong = np.where(rng.random(count) < 0.75, right, rng.integers(0, len(answers), count))
            sure = rng.random(count).round(4)
            for i in range(count):
                record = {
                    "sample_id": f"s{start + i:08d}",
                    "image": f"images/{(start + i) // 10:06d}.jpg",
                    "question": f"What about the object number {asked[i]} in this picture?",
                    "answers": [answers[right[i]]],
                    "prediction": answers[wrong[i]],
                    "confidence": float(sure[i]),
                    "split": "train" if i % 2 else "test",
                    "question_type": types[kind[i]],
                    "category": f"category {asked[i] % 50}",
                    "difficulty": "hard" if asked[i] % 3 else "easy",
                    "source": f"batch-{asked[i] % 7}",
                }
                sink.write(json.dumps(record) + "\n")


def write_evidence(path: Path, rows: int, seed: int = 0) -> None:
    """An embedding and an attention grid of every row, in an order of its own."""
    rng = np.random.default_rng(seed)
    np.savez(
        path,
        sample_id=np.array([f"s{number:08d}" for number in rng.permutation(rows)]),
        image_embedding=rng.standard_normal((rows, 128), dtype=np.float32),
        attention=rng.random((rows, 7, 7), dtype=np.float32),
    )


def import_once(source: Path, root: Path) -> None:
    """The import, in a process of its own so that its peak memory is its own."""
    reader = open_reader(source)
    mapping = propose(reader.columns(), [field.name for field in FIELDS])
    folder = DataRoot(str(root)).run(uuid.UUID(int=1))
    begun = time.perf_counter()
    evidence = source.with_name("evidence.npz")
    sides = [open_side_file(evidence)] if evidence.exists() else []
    result = ingest(reader, source, folder, mapping=mapping, rule="exact", sides=sides)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "rows": result.samples,
                "errors": result.errors,
                "side_matched": [side["matched"] for side in result.sides],
                "seconds": round(seconds, 1),
                "peak_mb": round(peak),
            }
        )
    )


def time_pages(root: Path) -> dict[str, float]:
    """Milliseconds of what each page asks (best of three, a new browser each time)."""
    folder = DataRoot(str(root)).run(uuid.UUID(int=1))
    everything, errors = SampleFilter(errors_only=False), SampleFilter()
    some = SampleFilter(question_type=("counting",), category=("category 7",))
    asked = {
        "groups": lambda b: b.groups("category", everything),
        "splits": lambda b: b.counts_by_split(),
        "list": lambda b: (b.page(errors, limit=50), b.count(errors)),
        "list_sorted": lambda b: b.page(errors, sort="confidence", descending=True, limit=50),
        "list_deep": lambda b: b.page(errors, offset=200_000, limit=50),
        "list_filtered": lambda b: (b.page(some, limit=50), b.count(some)),
        "text_search": lambda b: b.count(SampleFilter(text="number 4711")),
        "facets": lambda b: b.facets(errors),
        "sample": lambda b: b.sample(777_777),
    }
    found = {}
    for name, ask in asked.items():
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            ask(RunBrowser(folder))
            times.append(time.perf_counter() - begun)
        found[name] = round(1000 * min(times), 1)
    return found


def main() -> None:
    """Make the file, import it in a child process, time the pages, print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--side", action="store_true", help="with evidence in a side file")
    parser.add_argument("--child", nargs=2, metavar=("SOURCE", "ROOT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        import_once(Path(options.child[0]), Path(options.child[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        source, root = Path(folder, "predictions.jsonl"), Path(folder, "data")
        write_predictions(source, options.rows)
        if options.side:
            write_evidence(source.with_name("evidence.npz"), options.rows)
        command = [sys.executable, __file__, "--child", str(source), str(root)]
        child = subprocess.run(command, check=True, capture_output=True, text=True)
        figures = json.loads(child.stdout)
        megabytes = round(source.stat().st_size / 1e6)
        print(json.dumps({**figures, "file_mb": megabytes, "milliseconds": time_pages(root)}))


if __name__ == "__main__":
    main()
