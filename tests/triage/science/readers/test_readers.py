"""Files as they come: good, cut off, of mixed encoding, enormous, or no file of ours at all."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from triage.science.readers import UnreadableFile, open_reader
from triage.science.readers.text_source import MAX_LINE_BYTES

ROWS = [{"id": i, "question": f"q{i}", "prediction": "yes"} for i in range(3)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read_all(path: Path) -> tuple[list[int], list[str]]:
    rows: list[int] = []
    refusals: list[str] = []
    for batch in open_reader(path).batches():
        rows += batch.rows.tolist()
        refusals += [str(refusal) for refusal in batch.refusals]
    return rows, refusals


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", LINES),
        ("a.json", LINES),
        ("bom.jsonl", "\ufeff" + LINES),
        ("crlf.jsonl", LINES.replace("\n", "\r\n")),
        ("no-newline.jsonl", LINES.rstrip("\n")),
        ("list.json", json.dumps(ROWS, indent=1)),
        ("rows.txt", LINES),
        ("upload.bin", LINES),
        ("no-suffix", json.dumps(ROWS)),
        ("wrapped.json", json.dumps({"results": ROWS}, indent=2)),
        ("pretty-behind-each-other.json", "\n".join(json.dumps(row, indent=1) for row in ROWS)),
        ("commas.json", ",\n".join(json.dumps(row) for row in ROWS)),
        ("commas-to-the-end.json", "".join(json.dumps(row) + ",\n" for row in ROWS)),
        ("utf16.jsonl", LINES.encode("utf-16")),
        ("semicolons.csv", "id;question;prediction\n0;q0;yes\n1;q1;yes\n2;q2;yes\n"),
        ("bars.txt", "id|question|prediction\n0|q0|yes\n1|q1|yes\n2|q2|yes\n"),
        ("a.csv", "id,question,prediction\n0,q0,yes\n1,q1,yes\n2,q2,yes\n"),
        ("a.tsv", "id\tquestion\tprediction\n0\tq0\tyes\n1\tq1\tyes\n2\tq2\tyes\n"),
        ("a.jsonl.gz", gzip.compress(LINES.encode(), mtime=0)),
    ],
)
def test_each_format_gives_the_same_rows(tmp_path: Path, name: str, data: str | bytes) -> None:
    path = write(tmp_path, name, data)
    reader = open_reader(path)
    assert reader.columns() == ["id", "question", "prediction"]
    assert [str(row["id"]) for row in reader.preview(2)] == ["0", "1"]
    assert read_all(path) == ([1, 2, 3], [])


def test_parquet_is_read_by_content_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "upload.bin"
    pq.write_table(pa.table({"id": [1, 2]}), path)
    assert read_all(path) == ([1, 2], [])


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", b"", "a.jsonl: the file is empty"),
        ("a.csv", b"", "a.csv: the file is empty"),
        ("a.xlsx", b"PK\x03\x04", "a.xlsx: unknown format"),
        ("a.parquet", b"not parquet", "not a Parquet file"),
        ("a.jsonl", LINES.encode()[:-20], "a.jsonl, row 3: the last line is cut off"),
        ("a.jsonl", (LINES + '{"id": "caféàüö"}\n').encode() + b'{"id": "caf\xe9"}\n', "a.jsonl, row 5: byte 0xE9 at offset 11 is not UTF-8"),
        ("a.pkl", b"\x80\x04K*.", "a.pkl: a pickle runs what is in it"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "a.xls: the old Excel format is not read; save it as .xlsx"),
        ("a.bin", bytes(range(256)) * 4, "a.bin: unknown format; read are JSON"),
        ("a.json", b'{\n"a": 1,\n"b": "x"\n}', "a.json: holds no list of objects"),
        ("a.jsonl.gz", gzip.compress(LINES.encode(), mtime=0)[:-12], "gzip data is cut off"),
        ("a.jsonl.gz", LINES.encode(), "not a gzip file"),
        ("a.json", b'[{"id": 1}, {"id"', "not valid JSON"),
        ("a.csv", b'id,question\n1,"open quote\n', "a quote may be open"),
        ("a.csv", b"id,id\n1,2\n", "column names used twice: ['id']"),
    ],
)  # fmt: skip
def test_a_fault_of_the_file_names_the_file_and_where(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises(UnreadableFile) as caught:
        read_all(path)
    assert message in str(caught.value)


def test_a_cut_off_parquet_file_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"id": list(range(1000))}), whole)
    with pytest.raises(UnreadableFile, match="not a whole Parquet file"):
        open_reader(write(tmp_path, "cut.parquet", whole.read_bytes()[:-100]))


def test_a_line_of_100_mb_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("wb") as sink:
        sink.write(b'{"id": 1}\n{"id": "')
        for _ in range(100):
            sink.write(b"x" * 1024**2)
        sink.write(b'"}\n')
    with pytest.raises(
        UnreadableFile, match=f"row 2: a line is longer than {MAX_LINE_BYTES // 1024**2} MB"
    ):
        read_all(path)


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb") as sink:
        sink.write(b'{"id": 1}\n')
        for _ in range(70):
            sink.write((b" " * 1023 + b"\n") * 1024)
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        read_all(path)


def test_a_broken_line_in_the_middle_is_a_refused_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"id": 1}\n{"id": \n[1]\n\n{"id": 2}\n')
    rows, refusals = read_all(path)
    assert rows == [1, 5]
    assert refusals[0].startswith("row 2: is not valid JSON")
    assert refusals[1] == "row 3: is not a JSON object"


def test_nan_in_json_is_read_so_that_its_field_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"id": 1, "confidence": NaN}\n')
    assert read_all(path) == ([1], [])


def test_a_csv_row_with_too_few_cells_is_a_refused_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "id,question\n1,a\n2\n3,c\n")
    assert read_all(path) == ([1, 3], ["row 2: has 1 cells, the header has 2"])


def test_dates_in_text_stay_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"id": 1, "prediction": "2020-01-01"}\n')
    (batch,) = open_reader(path).batches()
    assert list(batch.columns["prediction"]) == ["2020-01-01"]
