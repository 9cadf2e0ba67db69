"""What was read of written answers, against what two independent readers read in them.

    python -m benchmarks.written_answers [--data ../shared/data] [--differing]

440 answers of five models (chains of thought, boxes, sentences, letters), drawn at random from real
files; `written_answers.json` holds what each of two readers, who saw neither the key nor what the
program reads, took the text to answer finally (NONE: it commits to nothing). Counted are the
answers on which both agree. `read_right`: read as they did, or found unreadable where they found
nothing. `false_right`: called right by the key although it was read otherwise and what they read is
not right. One JSON line.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from triage.science.ingest.planning import plans, raw_of
from triage.science.readers.sources import gather
from triage.science.reading.choices import is_letters
from triage.science.reading.folding import quantity, same
from triage.science.reading.reading import Kind, Reading, read
from triage.science.record.records import conform
from triage.science.record.rules import RULES, Question, right_options

NOTHING = "NONE"
LABELS = Path(__file__).with_name("written_answers.json")
_V = "vlmevalkit_outputs/Qwen2.5-VL-7B-Instruct"
FILES = {
    "logicvista": f"{_V}/*/*LogicVista_gpt4o-mini.xlsx",
    "mathvista_qwen": f"{_V}/*/*MathVista_MINI_gpt-4o-mini.xlsx",
    "mathvista_llava": "mathvista_vlm_outputs/output_llava_llama_2_13b.json",
    "mathvista_blip": "mathvista_vlm_outputs/output_instruct_blip2_vicuna_13b.json",
    "blink_gpt4o": "blink_predictions/full/GPT4o",
    "blink_llava": "blink_predictions/full/llava_v1.5_7b",
    "puzzle": "puzzlevqa_gpt4o/predictions/outputs_sequential",
}


def main() -> None:
    """Read every labelled answer and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--differing", action="store_true", help="name each answer that differs")
    options = parser.parse_args()
    labels = json.loads(LABELS.read_text())
    counts: Counter[str] = Counter()
    for source, pattern in FILES.items():
        wanted = labels[source]
        for row in _rows(options.data, pattern):
            name = row["sample_id"] or str(row["row"])
            if name in wanted:
                _count(counts, f"{source}/{name}", row, wanted[name], options.differing)
    agreed = counts["agreed"]
    document = {
        "answers": counts["answers"],
        "readers_agree": agreed,
        "read_right": round(counts["right"] / agreed, 4),
        "unreadable": round(counts["unread"] / agreed, 4),
        "read_as_another": round(counts["another"] / agreed, 4),
        "false_right": round(counts["false_right"] / agreed, 4),
    }
    print(json.dumps(document))


def _count(
    counts: Counter[str], name: str, row: Mapping[str, Any], labels: list[str], tell: bool
) -> None:
    first, second = labels
    counts["answers"] += 1
    if not same(first, second):
        return
    counts["agreed"] += 1
    options = tuple(row["options"] or ())
    kind = _kind(row, first)
    found = read(row["prediction"], kind, options)
    right = _as_readers_did(found, first)
    counts["right"] += right
    counts["unread"] += not right and found.state != "answered"
    counts["another"] += not right and found.state == "answered"
    false_right = not right and _false_right(row, kind, found, first)
    counts["false_right"] += false_right
    if tell and false_right:
        print(name, "called right:", repr(first), repr(found.answer[:60]), row["answers"])
    if tell and not right:
        print(name, repr(first), repr(found.answer[:60]), found.state)


def _as_readers_did(found: Reading, label: str) -> bool:
    if label == NOTHING:
        return found.state != "answered"
    if found.state != "answered":
        return False
    said, wanted = quantity(found.answer), quantity(label)
    numbers = said is not None and wanted is not None and said[0] == wanted[0]
    # A unit that stands behind the number is no part of what the key holds.
    return same(found.answer, label) or (numbers and not (said and said[1]))


def _kind(row: Mapping[str, Any], label: str) -> Kind:
    """How the answer would be read: by its row's options and key, as an import does."""
    references = row["answers"] or []
    if row["options"]:
        return "choice"
    if references and all(map(is_letters, references)):
        return "choice"
    if references:
        return "number" if all(quantity(each) for each in references) else "text"
    return "choice" if is_letters(label) else "text"


def _false_right(row: Mapping[str, Any], kind: Kind, found: Reading, label: str) -> bool:
    """Whether the rule calls the answer right although what was read by them is not."""
    references = tuple(row["answers"] or ())
    options = tuple(row["options"] or ())
    if not references:
        return False
    right = right_options(references, options) if options else ()
    question = Question(references, options if right else (), right)
    credit = RULES["choice" if kind == "choice" else "exact"].credit
    assert credit is not None
    ours = credit(row["prediction"], found, question)
    theirs = credit(label, read(label, kind, options), question) if label != NOTHING else 0.0
    return ours > 0.5 > theirs


def _rows(data: Path, pattern: str) -> Iterator[dict[str, Any]]:
    files = sorted(data.resolve().glob(pattern))
    if not files:
        return
    with tempfile.TemporaryDirectory() as folder:
        for plan in plans(gather([(path, path.name) for path in files], Path(folder))):
            rows = [row for batch in plan.reader.batches() for row in _listed(batch)]
            names = list(dict.fromkeys(key for row in rows for key in row))
            table = conform(raw_of(names, rows), plan.mapping).table
            yield from table.select(
                ["sample_id", "row", "answers", "options", "prediction"]
            ).to_pylist()


def _listed(batch: Any) -> list[dict[str, Any]]:
    columns = {
        name: column if isinstance(column, list) else column.to_pylist()
        for name, column in batch.columns.items()
    }
    return [{n: c[at] for n, c in columns.items()} for at in range(len(batch.rows))]


if __name__ == "__main__":
    main()
