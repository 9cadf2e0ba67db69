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
    MANIFEST,
    Exported,
    ExportRefused,
    write_export,
)
from annotations.science.curation.formats.csv_table import cells_of
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
def test_one_file_holds_what_is_trained_on_and_the_record_the_rest(
    tmp_path: Path, file_format: str
) -> None:
    folder = export(tmp_path / "out", file_format).folder
    train = read(folder / f"train.{file_format}")
    assert [row["sample_id"] for row in train] == ["b", "c", "=d"]
    assert [row["weight"] for row in train] == [1.0, 1.0, 0.5]
    dropped = read(folder / "__record" / f"dropped.{file_format}")
    assert [row["sample_id"] for row in dropped] == ["a"]
    grids = dropped[0]["token_attention"]
    # A column of Parquet has one type: what may say anything is JSON text there.
    found = json.loads(str(grids)) if file_format == "parquet" else grids
    assert found == {"cat": [[0.5, 0.5]]}
    weights = read(folder / "__record" / f"weights.{file_format}")
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
    corrected, without, first = read(done.folder / f"train.{file_format}")
    assert (corrected["answer"], corrected["answers"]) == ("=z", ["=z"])
    assert (corrected["original_answers"], corrected["corrected"]) == (["-y", "z"], True)
    assert (without["answer"], without["answers"], without["corrected"]) == (None, [], False)
    assert first["answer"] is None
    (row,) = read(done.folder / "__record" / f"corrected.{file_format}")
    assert (row["answers"], row["corrected_answer"]) == (["-y", "z"], "=z")


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_manifest_counts_what_the_files_hold(tmp_path: Path, file_format: str) -> None:
    done = export(tmp_path / "out", file_format)
    manifest = json.loads((done.folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest == done.manifest
    assert manifest["counts"] == {"kept": 2, "dropped": 1, "corrected": 1, "total": 4}
    assert manifest["seed"] == 7
    assert {row["name"] for row in manifest["files"]} | {MANIFEST} == {
        path.relative_to(done.folder).as_posix()
        for path in done.folder.rglob("*")
        if path.is_file()
    }
    for row in manifest["files"]:
        content = (done.folder / row["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert len(content) == row["bytes"]
    assert ("csv_rule" in manifest) == file_format.startswith("csv")


def test_what_a_sample_says_beside_its_fields_is_an_object_in_json_and_text_in_tables(
    tmp_path: Path,
) -> None:
    samples = pa.table({"sample_id": ["x", "y"], "meta": ['{"w": [1, "a"], "m": {}}', None]})
    schema = decided_schema(samples.schema)
    for file_format in ("jsonl", "parquet"):
        done = write_export(tmp_path / file_format, [decide(samples, {})], schema, file_format, {})
        first, second = read(done.folder / f"train.{file_format}")
        said = first["meta"] if file_format == "jsonl" else json.loads(str(first["meta"]))
        assert said == {"w": [1, "a"], "m": {}}
        assert second["meta"] is None


def test_excel_is_told_that_a_csv_is_unicode(tmp_path: Path) -> None:
    plain = (export(tmp_path / "plain", "csv").folder / "train.csv").read_bytes()
    marked = export(tmp_path / "marked", "csv-bom").folder
    assert (marked / "train.csv").read_bytes() == b"\xef\xbb\xbf" + plain
    assert (marked / "__record" / "weights.csv").read_bytes().startswith(b'"sample_id"')


def test_what_people_said_goes_into_the_record(tmp_path: Path) -> None:
    votes = [{"sample_id": "a", "kind": "mismatch", "comment": "看不清"}]
    done = write_export(
        tmp_path / "out", [decide(SAMPLES, VERDICTS)], SCHEMA, "csv", {}, votes=votes
    )
    assert read(done.folder / "__record" / "votes.jsonl") == votes
    rows = {each.name: each.rows for each in done.files}
    assert rows["__record/votes.jsonl"] == 1
    assert "votes.jsonl" not in {
        path.name for path in export(tmp_path / "no", "csv").folder.rglob("*")
    }


def test_csv_cells_cannot_run_and_can_be_restored(tmp_path: Path) -> None:
    done = export(tmp_path / "out", "csv")
    found = {}
    for part in ("train", "__record/dropped", "__record/corrected"):
        path = done.folder / f"{part}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert all(
                    not cell.lstrip(" \t\r\n'\"").startswith(("=", "+", "@"))
                    or cell.startswith("'")
                    for cell in (*row, *row.values())
                )
                restored = {restore_cell(key): restore_cell(cell) for key, cell in row.items()}
                found[restored["sample_id"]] = restored | found.get(restored["sample_id"], {})
    for row in SAMPLES.to_pylist():
        back = found[row["sample_id"]]
        assert back["question"] == (row["question"] or "")
        assert back["@column"] == row["@column"]
    assert found["a"]["credit"] == "-1.5"
    assert json.loads(found["a"]["token_attention"]) == {"cat": [[0.5, 0.5]]}
    assert json.loads(found["b"]["original_answers"]) == ["-y", "z"]


def test_numbers_stay_numbers_and_all_text_is_quoted(tmp_path: Path) -> None:
    done = export(tmp_path / "out", "csv")
    line = (done.folder / "__record" / "dropped.csv").read_text(encoding="utf-8").splitlines()[1]
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
    assert cells_of(pa.array([text, None])).to_pylist() == [guard_cell(text), None]


def test_ordinary_cells_are_left_alone() -> None:
    for text in ("", "hello", "'hello", "a=b", "1 - 2", "'", '"quoted"', "日本", "  spaced"):
        assert guard_cell(text) == text
    assert "remove one leading apostrophe" in CSV_RULE


@pytest.mark.parametrize("file_format", FORMATS)
def test_no_samples_still_make_files_that_can_be_read(tmp_path: Path, file_format: str) -> None:
    done = export(tmp_path / "out", file_format, SAMPLES.slice(0, 0))
    assert done.counts.total == 0
    assert {record.rows for record in done.files} == {0, None}
    if file_format == "parquet":
        assert pq.read_table(done.folder / "train.parquet").num_rows == 0
    if file_format == "csv":
        assert (done.folder / "train.csv").read_text().startswith('"sample_id","question"')


def test_samples_without_answers_are_corrected_too(tmp_path: Path) -> None:
    samples = pa.table({"sample_id": ["b"]})
    schema = decided_schema(samples.schema)
    done = write_export(tmp_path / "out", [decide(samples, VERDICTS)], schema, "jsonl", {})
    (row,) = read(done.folder / "train.jsonl")
    assert (row["answer"], row["answers"]) == ("=z", ["=z"])
    assert row["original_answers"] is None


def test_an_empty_folder_is_filled_and_a_full_one_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    export(target, "jsonl")
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    with pytest.raises(ExportRefused, match="is not empty"):
        export(target, "csv")
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
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
    with pytest.raises(ExportRefused, match="no column corrected_answer, decision"):
        write_export(tmp_path / "out", [], SAMPLES.schema, "csv", {})


def test_bytes_only_go_into_parquet(tmp_path: Path) -> None:
    samples = pa.table({"sample_id": ["b"], "picture": pa.array([b"\x89PNG"])})
    schema = decided_schema(samples.schema)
    with pytest.raises(ExportRefused, match="picture holds bytes"):
        write_export(tmp_path / "out", [], schema, "csv", {})
    write_export(tmp_path / "out", [decide(samples, {})], schema, "parquet", {})
    assert pq.read_table(tmp_path / "out" / "train.parquet")["picture"].to_pylist() == [b"\x89PNG"]
