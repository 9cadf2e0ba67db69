"""Excel workbooks: texts stay texts, whole numbers whole, and a damaged one is named."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from triage.science.readers import UnreadableFile, open_reader
from triage.science.readers.spreadsheet import is_workbook


def book(path: Path, *rows: list[Any], before: bool = False) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    if before:
        sheet = made.create_sheet("answers")
    for row in rows:
        sheet.append(row)
    made.save(path)
    return path


def test_cells_are_what_they_say(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ["index", "prediction", "score", "day"],
        [1, "NA", 3.0, None],
        [2, "None", 0.5, datetime.datetime(2026, 1, 2)],  # noqa: DTZ001 - a workbook has no zones
        [3, None, "007", None],
    )
    reader = open_reader(path)
    assert str(reader.description) == "Excel workbook"
    first, second, third = reader.preview()
    assert first == {"index": 1, "prediction": "NA", "score": 3}
    assert (second["prediction"], second["score"]) == ("None", 0.5)
    assert third == {"index": 3, "score": "007"}
    assert [batch.rows.tolist() for batch in reader.batches()] == [[1, 2, 3]]


def test_the_first_sheet_that_has_rows_is_read(tmp_path: Path) -> None:
    reader = open_reader(book(tmp_path / "a.xlsx", ["id"], [1], before=True))
    assert str(reader.description) == "Excel workbook, sheet answers"
    assert reader.preview() == [{"id": 1}]


def test_a_workbook_is_told_by_what_it_holds(tmp_path: Path) -> None:
    path = book(tmp_path / "upload.bin", ["id"], [1])
    assert is_workbook(path)
    assert open_reader(path).columns() == ["id"]
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as sink:
        sink.writestr("a.txt", "x")
    assert not is_workbook(other)


def test_a_workbook_without_rows_or_damaged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="the workbook has no rows"):
        open_reader(book(tmp_path / "a.xlsx", ["id"]))
    broken = tmp_path / "b.xlsx"
    with zipfile.ZipFile(broken, "w") as sink:
        sink.writestr("xl/workbook.xml", "<no")
    with pytest.raises(UnreadableFile, match="not a whole workbook"):
        open_reader(broken)


def test_a_workbook_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as sink:
        sink.writestr("xl/workbook.xml", "<x/>")
        with sink.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(80):
                sheet.write(b" " * 1024**2)
    with pytest.raises(UnreadableFile, match="unpacks to more than 200 times its size"):
        open_reader(path)
