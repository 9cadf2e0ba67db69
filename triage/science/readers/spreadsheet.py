"""Excel workbooks, as evaluation tools write their results."""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.rows import RowsReader
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

if TYPE_CHECKING:
    import pandas as pd

# What a workbook may unpack to, as a multiple of its size on disk, and in any case.
MAX_RATIO, FLOOR_BYTES, MOST_BYTES = 200, 64 * 1024**2, 1024**3


def is_workbook(path: Path) -> bool:
    """Whether a zip is an Excel workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def open_workbook(path: Path, name: str) -> RowsReader:
    """The rows of the first sheet that has any; 'NA' and 'None' stay text, an empty cell is absent.

    Raises UnreadableFile for a damaged workbook, one without rows, and one that grows too large.
    """
    import pandas as pd

    _check_size(path, name)
    try:
        sheets = pd.read_excel(
            path, sheet_name=None, engine="openpyxl", keep_default_na=False, na_values=[""],
            dtype=object,
        )  # fmt: skip
    except Exception as problem:  # openpyxl raises whatever its parts raise
        raise UnreadableFile(
            _("{name}: not a whole workbook ({problem}); save it again"),
            name=name,
            problem=str(problem)[:200],
        ) from None
    for title, sheet in sheets.items():
        rows = _rows(sheet)
        if rows:
            described = _("Excel workbook")
            if len(sheets) > 1:
                described = Sentence(_("Excel workbook, sheet {sheet}"), sheet=str(title))
            return RowsReader(rows, described, total_bytes=path.stat().st_size)
    raise UnreadableFile(_("{name}: the workbook has no rows"), name=name)


def _rows(sheet: "pd.DataFrame") -> list[dict[str, Any]]:
    names = [str(name) for name in sheet.columns]
    listed = sheet.to_numpy(dtype=object)
    return [
        {n: _cell(v) for n, v in zip(names, row, strict=True) if not _absent(v)} for row in listed
    ]


def _absent(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and value == "")


def _cell(value: Any) -> Any:
    """Numbers that are whole as whole: a workbook keeps 3 as 3.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def _check_size(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        raise UnreadableFile(
            _("{name}: not a whole workbook ({problem}); save it again"),
            name=name,
            problem=str(problem),
        ) from None
    if unpacked > min(MOST_BYTES, max(FLOOR_BYTES, MAX_RATIO * path.stat().st_size)):
        raise UnreadableFile(
            _("{name}: unpacks to more than {max_ratio} times its size; refused"),
            name=name,
            max_ratio=str(MAX_RATIO),
        )
