"""Exports: the files hold what was decided, whole or not at all, and no cell is a formula."""

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.science.curation.curation import Judgement, decide, decided_schema
from annotations.science.curation.export_files import (
    FORMATS,
    Exported,
    ExportRefused,
    write_export,
)
from triage.science.record.csv_cells import CSV_RULE, guard_cell, restore_cell

SAMPLES = pa.table(
    {
        "sample_id": ["a", "b", "c", "=d"],
        "question": ["=1+1", "-x", None, 'say "hi", ok\nthen go'],
        "answers": [["x"], ["-y", "z"], [], None],
        "credit": [-1.5, 0.5, None, 2.0],
        "token_attention": pa.array(
            [[("cat", [[0.5, 0.5]])], None, [], None],
            pa.map_(pa.string(), pa.list_(pa.list_(pa.float64()))),
        ),
        "@column": ["a;=b", "\t=x", "'=q", "'hello"],
    }
)
VERDICTS = {
    "a": Judgement("mismatch"),
    "b": Judgement("wrong_answer", "=z"),
    "=d": Judgement("ambiguous"),
}
SCHEMA = decided_schema(SAMPLES.schema)


def export(target: Path, file_format: str, samples: pa.Table = SAMPLES) -> Exported:
    batches = (decide(samples.slice(start, 3), VERDICTS) for start in range(0, len(samples), 3))
    return write_export(target, batches, SCHEMA, file_format, {"seed": 7, "recipe": {}})


def read(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist(maps_as_pydicts="strict"))
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_files_hold_every_sample_once_and_in_order(tmp_path: Path, file_format: str) -> None:
    done = export(tmp_path / "out", file_format)
    parts = {part: read(done.folder / f"{part}.{file_format}") for part in ("kept", "dropped")}
    assert [row["sample_id"] for row in parts["kept"]] == ["c", "=d"]
    assert [row["sample_id"] for row in parts["dropped"]] == ["a"]
    assert parts["dropped"][0]["token_attention"] == {"cat": [[0.5, 0.5]]}
    weights = read(done.folder / f"weights.{file_format}")
    assert [(row["sample_id"], row["weight"]) for row in weights] == [
        ("a", 0.0),
        ("b", 1.0),
        ("c", 1.0),
        ("=d", 0.5),
    ]


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_a_corrected_sample_carries_its_new_answer_and_the_old_one(
    tmp_path: Path, file_format: str
) -> None:
    done = export(tmp_path / "out", file_format)
    (row,) = read(done.folder / f"corrected.{file_format}")
    assert row["answers"] == ["=z"]
    assert row["original_answers"] == ["-y", "z"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_manifest_counts_what_the_files_hold(tmp_path: Path, file_format: str) -> None:
    done = export(tmp_path / "out", file_format)
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == done.manifest
    assert manifest["counts"] == {"kept": 2, "dropped": 1, "corrected": 1, "total": 4}
    assert manifest["seed"] == 7
    assert {row["name"] for row in manifest["files"]} | {"manifest.json"} == {
        path.name for path in done.folder.iterdir()
    }
    for row in manifest["files"]:
        content = (done.folder / row["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert len(content) == row["bytes"]
    assert ("csv_rule" in manifest) == (file_format == "csv")


def test_csv_cells_cannot_run_and_can_be_restored(tmp_path: Path) -> None:
    done = export(tmp_path / "out", "csv")
    found = {}
    for part in ("kept", "dropped", "corrected"):
        path = done.folder / f"{part}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert all(
                    not cell.lstrip(" \t\r\n'\"").startswith(("=", "+", "@"))
                    or cell.startswith("'")
                    for cell in (*row, *row.values())
                )
                restored = {restore_cell(key): restore_cell(cell) for key, cell in row.items()}
                found[restored["sample_id"]] = restored
    for row in SAMPLES.to_pylist():
        back = found[row["sample_id"]]
        assert back["question"] == (row["question"] or "")
        assert back["@column"] == row["@column"]
    assert found["a"]["credit"] == "-1.5"
    assert json.loads(found["a"]["token_attention"]) == {"cat": [[0.5, 0.5]]}
    assert json.loads(found["b"]["original_answers"]) == ["-y", "z"]


def test_numbers_stay_numbers_and_all_text_is_quoted(tmp_path: Path) -> None:
    done = export(tmp_path / "out", "csv")
    line = (done.folder / "dropped.csv").read_text(encoding="utf-8").splitlines()[1]
    assert line.startswith('"a","\'=1+1","[""x""]",-1.5,')
    assert '"a;=b"' in line


@given(st.text(alphabet=st.sampled_from("=+-@\t\r\n '\"`a1;,＝＋－＠\u200b\ufeff\xa0"), max_size=8))
def test_guarding_is_undone_exactly(text: str) -> None:
    cell = guard_cell(text)
    assert restore_cell(cell) == text
    assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))


@given(
    st.text(alphabet=st.sampled_from("=+-@\t\r\n '\"`a1;,＝＋\u200b\ufeff\xa0\x0b\x0c"), max_size=6)
)
def test_the_column_rule_and_the_cell_rule_are_the_same(text: str) -> None:
    from annotations.science.curation.export_files import _cells

    assert _cells(pa.array([text, None])).to_pylist() == [guard_cell(text), None]


def test_ordinary_cells_are_left_alone() -> None:
    for text in ("", "hello", "'hello", "a=b", "1 - 2", "'", '"quoted"', "日本", "  spaced"):
        assert guard_cell(text) == text
    assert "remove one leading apostrophe" in CSV_RULE


@pytest.mark.parametrize("file_format", FORMATS)
def test_no_samples_still_make_files_that_can_be_read(tmp_path: Path, file_format: str) -> None:
    done = export(tmp_path / "out", file_format, SAMPLES.slice(0, 0))
    assert done.counts.total == 0
    assert [record.rows for record in done.files] == [0, 0, 0, 0]
    if file_format == "parquet":
        assert pq.read_schema(done.folder / "kept.parquet").names == SCHEMA.names
    if file_format == "csv":
        assert (done.folder / "kept.csv").read_text().startswith('"sample_id","question"')


def test_samples_without_answers_are_corrected_too(tmp_path: Path) -> None:
    samples = pa.table({"sample_id": ["b"]})
    schema = decided_schema(samples.schema)
    done = write_export(tmp_path / "out", [decide(samples, VERDICTS)], schema, "jsonl", {})
    (row,) = read(done.folder / "corrected.jsonl")
    assert row["answers"] == ["=z"]
    assert "original_answers" not in row


def test_an_empty_folder_is_filled_and_a_full_one_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    export(target, "jsonl")
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    with pytest.raises(ExportRefused, match="is not empty"):
        export(target, "csv")
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def breaks() -> Iterator[pa.Table]:
        yield decide(SAMPLES, VERDICTS)
        raise RuntimeError("the source went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_export(tmp_path / "out", breaks(), SCHEMA, "parquet", {})
    assert list(tmp_path.iterdir()) == []


def test_a_target_filled_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "out"

    def races() -> Iterator[pa.Table]:
        target.mkdir()
        (target / "theirs").write_text("first")
        yield decide(SAMPLES, VERDICTS)

    with pytest.raises(ExportRefused, match="could not be put in place"):
        write_export(target, races(), SCHEMA, "jsonl", {})
    assert [path.name for path in target.iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [target]


def test_places_and_forms_that_cannot_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for target, file_format, message in [
        (tmp_path / "out", "xlsx", "unknown format 'xlsx'"),
        (tmp_path / "no" / "out", "csv", "there is no folder"),
        (tmp_path / "file", "csv", "is not a folder"),
        (tmp_path / "link", "csv", "is not a folder"),
    ]:
        with pytest.raises(ExportRefused, match=message):
            write_export(target, [], SCHEMA, file_format, {})
    with pytest.raises(ExportRefused, match="writes counts itself"):
        write_export(tmp_path / "out", [], SCHEMA, "csv", {"counts": 1})
    with pytest.raises(ExportRefused, match="no column decision, weight"):
        write_export(tmp_path / "out", [], SAMPLES.schema, "csv", {})


def test_bytes_only_go_into_parquet(tmp_path: Path) -> None:
    samples = pa.table({"sample_id": ["b"], "picture": pa.array([b"\x89PNG"])})
    schema = decided_schema(samples.schema)
    with pytest.raises(ExportRefused, match="picture holds bytes"):
        write_export(tmp_path / "out", [], schema, "csv", {})
    write_export(tmp_path / "out", [decide(samples, {})], schema, "parquet", {})
    assert pq.read_table(tmp_path / "out" / "kept.parquet")["picture"].to_pylist() == [b"\x89PNG"]
