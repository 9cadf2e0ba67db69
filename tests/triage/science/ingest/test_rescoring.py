"""A run is scored anew: the same samples, judged again, beside the version before."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from triage.science.ingest.ingesting import ingest
from triage.science.ingest.rescoring import MOST_POSITIONS, CannotRescore, Change, rescore
from triage.science.readers import open_reader
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS, SCHEMA
from triage.science.store.browsing import RunBrowser, SampleFilter
from triage.science.store.store import DataRoot, RunFolder

NAMES = [field.name for field in FIELDS]
ERRORS = SampleFilter()


def row(number: int, prediction: str, answer: str = "a cat", **more: Any) -> dict[str, Any]:
    named = {"sample_id": f"s{number}", "question": "What is it?"}
    return {**named, "prediction": prediction, "answers": [answer], **more}


# By 'exact' 1 to 3 are errors, by 'any_of' 2 and 3: punctuation is folded away.
ROWS = [row(0, "a cat"), row(1, "cat!"), row(2, "dog"), row(3, "a cow")]


def made(tmp_path: Path, rows: list[dict[str, Any]], rule: str, root: str = "") -> tuple[Any, Any]:
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in rows))
    reader = open_reader(source)
    folder = DataRoot(root or str(tmp_path / "data")).run(uuid.uuid4())
    mapping = propose(reader.columns(), NAMES)
    return folder, ingest(reader, source, folder, mapping=mapping, rule=rule)


def in_parts(folder: RunFolder, rows: int) -> None:
    """Lay the samples out in parts of that many rows."""
    whole = next(folder.read_samples())
    for number, first in enumerate(range(0, whole.num_rows, rows)):
        folder.write_table(whole.slice(first, rows), "samples", f"part-{number:05d}.parquet")


def columns(folder: RunFolder, *names: str) -> list[dict[str, Any]]:
    return [each for part in folder.read_samples(list(names)) for each in part.to_pylist()]


@pytest.mark.parametrize("root", ["", "memory://rescoring"])
def test_what_changed_is_counted_and_named(tmp_path: Path, root: str) -> None:
    folder, _ = made(tmp_path, ROWS, "exact", root)

    found = rescore(folder, "any_of", number=2)

    assert (found.errors, found.was_errors) == (2, 3)
    assert (found.accuracy, found.was_accuracy) == (0.5, 0.25)
    assert (found.gone.count, found.gone.positions) == (1, [1])
    assert (found.new.count, found.new.positions) == (0, [])
    back = rescore(found.folder, "exact", number=3)
    assert (back.gone.positions, back.new.positions) == ([], [1])


def test_samples_stay_where_they_are_and_the_old_version_is_read_as_before(tmp_path: Path) -> None:
    folder, _ = made(tmp_path, ROWS, "exact")
    in_parts(folder, 2)
    before = columns(folder, *SCHEMA.names)

    found = rescore(folder, "any_of", number=2)

    assert columns(folder, *SCHEMA.names) == before
    kept = ("position", "sample_id", "row", "prediction", "answers")
    assert columns(found.folder, *kept) == columns(folder, *kept)
    assert len(found.folder.sample_parts()) == 2
    assert RunBrowser(folder).positions(ERRORS).tolist() == [1, 2, 3]
    assert RunBrowser(found.folder).positions(ERRORS).tolist() == [2, 3]
    sample = RunBrowser(found.folder).sample(1)
    assert sample is not None
    assert (sample["sample_id"], sample["is_error"], sample["credit"]) == ("s1", False, 1.0)


def test_the_same_rule_says_what_the_import_said(tmp_path: Path) -> None:
    rows = [row(n, text, correct=n % 2) for n, text in enumerate(["a cat", "cat!", "", "A CAT."])]
    folder, imported = made(tmp_path, rows, "exact")

    found = rescore(folder, "exact", number=2)

    assert columns(found.folder, *SCHEMA.names) == columns(folder, *SCHEMA.names)
    assert (found.gone.count, found.new.count) == (0, 0)
    assert (found.errors, found.accuracy) == (imported.errors, imported.accuracy)
    assert found.rules == imported.rules
    assert found.judge_agreement == imported.judge_agreement
    assert found.outcome()["read"]["no_answer"] == 1


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("given", "needs “correct”, which 4 of 4 samples lack"),
        ("guess", "no scoring rule “guess” .known: given, "),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_at_once(
    tmp_path: Path, rule: str, says: str
) -> None:
    folder, _ = made(tmp_path, ROWS, "exact")
    with pytest.raises(CannotRescore, match=says):
        rescore(folder, rule, number=2)
    assert versions_in(folder) == ["samples"]


def test_a_field_that_some_samples_lack_is_counted(tmp_path: Path) -> None:
    rows = [row(n, "cat", correct=True) for n in range(3)]
    del rows[1]["answers"]
    folder, _ = made(tmp_path, rows, "given")
    with pytest.raises(CannotRescore, match="needs “answers”, which 1 of 3 samples lack"):
        rescore(folder, "exact", number=2)


def test_a_crash_in_the_middle_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = made(tmp_path, ROWS, "exact")
    in_parts(folder, 1)
    before = columns(folder, *SCHEMA.names)
    write = RunFolder.write_table

    def fails_late(self: RunFolder, table: Any, *parts: str) -> None:
        if parts[-1] == "part-00002.parquet":
            raise OSError("the disk is full")
        write(self, table, *parts)

    monkeypatch.setattr(RunFolder, "write_table", fails_late)
    with pytest.raises(OSError, match="full"):
        rescore(folder, "any_of", number=2)
    assert versions_in(folder) == ["samples"]
    assert columns(folder, *SCHEMA.names) == before


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    folder, _ = made(tmp_path, ROWS, "exact")
    part = next(folder.read_samples())
    folder.write_table(part, "samples-v2-dead", "part-00000.parquet")
    found = rescore(folder, "any_of", number=2)
    assert sum(part.num_rows for part in found.folder.read_samples()) == 4


def test_samples_of_long_ago_get_the_columns_that_they_lack(tmp_path: Path) -> None:
    folder, _ = made(tmp_path, ROWS, "exact")
    part = next(folder.read_samples()).drop(
        ["answered", "steps", "near_border", "options", "group"]
    )
    folder.write_table(part, "samples", "part-00000.parquet")

    found = rescore(folder, "any_of", number=2)

    assert found.folder.sample_columns() == frozenset(SCHEMA.names)
    assert found.gone.positions == [1]


def test_only_the_first_of_many_are_named() -> None:
    import numpy as np

    change = Change()
    change.add(np.arange(MOST_POSITIONS - 1))
    change.add(np.arange(5_000, 5_010))
    assert change.count == MOST_POSITIONS + 9
    assert change.positions[-1] == 5_000
    assert len(change.positions) == MOST_POSITIONS


def test_progress_ends_before_the_whole(tmp_path: Path) -> None:
    folder, _ = made(tmp_path, ROWS, "exact")
    in_parts(folder, 2)
    said: list[tuple[float, str]] = []
    rescore(folder, "any_of", number=2, progress=lambda share, step: said.append((share, step)))
    assert said[0] == (0.45, "2 of 4 samples scored")
    assert [share for share, _ in said] == sorted(share for share, _ in said)


def versions_in(folder: RunFolder) -> list[str]:
    names = [each.rsplit("/", 1)[1] for each in folder.root.fs.ls(folder.path(), detail=False)]
    return sorted(name for name in names if name.startswith("samples"))
