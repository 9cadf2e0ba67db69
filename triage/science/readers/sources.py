"""Files, folders, globs and archives as tables: what is in them, what was passed over, pictures."""

import glob
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triage.science.readers import Reader, open_reader
from triage.science.readers.faults import UnreadableFile
from triage.science.readers.folders import (
    is_saved_dataset,
    open_saved_dataset,
    pictures_with_texts,
)
from triage.science.readers.rows import RowsReader
from triage.science.readers.spreadsheet import is_workbook
from triage.science.store.images_archive import SUFFIXES, BadArchive, extract_files
from triage.science.words import gettext_noop as _

# A folder with more tables than this is no result of an evaluation.
MOST_TABLES = 200
_TABLES = {
    ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".pq", ".gz",
    ".tar", ".eval",
}  # fmt: skip
# Files that stand beside results and hold no rows of them.
_NO_TABLES = re.compile(
    r"(^|/)(readme|license|source|config|dataset_info|state|dataset_dict|metadata|manifest)"
    r"[\w.-]*\.(md|txt|json|ya?ml)$",
    re.IGNORECASE,
)


def stem_of(name: str) -> str:
    """A file's name without its endings; a dot in a model's name ('Qwen2.5-VL') is no ending."""
    base = Path(name).name
    while Path(base).suffix.lower() in _TABLES | {".ndjson", ".zip"}:
        base = base[: -len(Path(base).suffix)]
    return base


@dataclass
class Table:
    """One table: its name, how it is read, its first look."""

    name: str
    reader: Reader
    path: Path
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        return stem_of(self.name)


@dataclass
class Gathered:
    """Tables, the folder of the pictures that came with them, published figures, what was passed
    over and why."""

    tables: list[Table] = field(default_factory=list)
    pictures: Path | None = None
    # Whether that folder is one that an archive was unpacked into, which does not last.
    unpacked: bool = False
    published: dict[str, float] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)


def gather(
    given: Sequence[tuple[Path, str]],
    unpack_into: Path,
    *,
    encoding: str | None = None,
    look_at: int = 500,
) -> Gathered:
    """Open everything that was given; archives are unpacked under `unpack_into`.

    Raises UnreadableFile where nothing of it can be read; with one file, its own fault.
    """
    gathered = Gathered()
    for path, name in _expanded(given):
        if path.is_dir():
            _from_folder(path, name, gathered, encoding)
        elif _is_archive(path):
            _from_archive(path, name, gathered, unpack_into, encoding)
        else:
            _from_file(path, name, gathered, encoding, alone=len(given) == 1)
    if not gathered.tables:
        names = ", ".join(name for _path, name in given)
        told = "; ".join(f"{name}: {why}" for name, why in list(gathered.passed_over.items())[:3])
        raise UnreadableFile(
            _("{names}: no table of predictions was found ({told})"),
            names=names,
            told=told or "no file of a known kind",
        )
    for table in gathered.tables:
        table.columns = table.reader.columns()
        table.rows = table.reader.preview(look_at)
    return gathered


def _expanded(given: Iterable[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """What was given, with patterns as the files that they mean."""
    found: list[tuple[Path, str]] = []
    for path, name in given:
        if not path.exists() and glob.has_magic(str(path)):
            matches = sorted(glob.glob(str(path), recursive=True))
            if not matches:
                raise UnreadableFile(_("{name}: no file has such a name"), name=name)
            found += [(Path(each), Path(each).name) for each in matches]
        else:
            found.append((path, name))
    return found


def _from_file(
    path: Path, name: str, gathered: Gathered, encoding: str | None, *, alone: bool
) -> None:
    try:
        published = published_figure(path, name)
        if published is not None and not alone:
            gathered.published[name] = published
            return
        gathered.tables.append(Table(name, open_reader(path, name, encoding), path))
    except UnreadableFile as problem:
        if alone:
            raise
        gathered.passed_over[name] = str(problem)


def _from_folder(folder: Path, name: str, gathered: Gathered, encoding: str | None) -> None:
    if is_saved_dataset(folder):
        gathered.tables.append(Table(name, open_saved_dataset(folder, name), folder))
        return
    pictures = False
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        # A link may lead out of the folder that was given.
        if (
            path.is_symlink()
            or not path.is_file()
            or any(part.startswith(".") for part in Path(inside).parts)
        ):
            continue
        if path.suffix.lower() in SUFFIXES:
            pictures = True
        elif path.suffix.lower() not in _TABLES or _NO_TABLES.search(inside):
            gathered.passed_over[inside] = "no table"
        elif _is_text_beside_picture(path):
            continue
        elif len(gathered.tables) < MOST_TABLES:
            _from_file(path, inside, gathered, encoding, alone=False)
    if pictures and gathered.pictures is None:
        gathered.pictures = folder
    if pictures and not gathered.tables:
        rows = pictures_with_texts(folder)
        if rows:
            reader = RowsReader(rows, _("Folder of pictures with texts"))
            gathered.tables.append(Table(name, reader, folder))


def _is_text_beside_picture(path: Path) -> bool:
    return path.suffix.lower() == ".txt" and any(
        path.with_suffix(suffix).is_file() for suffix in SUFFIXES
    )


def _is_archive(path: Path) -> bool:
    return path.is_file() and zipfile.is_zipfile(path) and not is_workbook(path)


def _from_archive(
    path: Path, name: str, gathered: Gathered, into: Path, encoding: str | None
) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    folder = into / f"unpacked-{len(gathered.tables)}-{path.stem[:40]}"
    try:
        extract_files(path, folder, SUFFIXES | _TABLES)
    except BadArchive as problem:
        raise UnreadableFile(_("{name}: {problem}"), name=name, problem=problem.sentence) from None
    if any(each.startswith("samples/") for each in names) and "header.json" in names:
        gathered.tables.append(Table(name, _inspect_archive(folder), path))
        return
    had = gathered.pictures
    _from_folder(folder, name, gathered, encoding)
    gathered.unpacked = gathered.unpacked or gathered.pictures is not had


def _inspect_archive(folder: Path) -> RowsReader:
    """An Inspect log in its archive: one JSON file a sample, a header with the model's name."""
    header = _json(folder / "header.json")
    model = header.get("eval", {}).get("model") if isinstance(header, Mapping) else None
    rows = [_json(path) for path in sorted((folder / "samples").glob("*.json"))]
    listed = [{"model": model, **row} if model else row for row in rows if isinstance(row, dict)]
    return RowsReader(listed, _("Inspect log"))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def published_figure(path: Path, name: str) -> float | None:
    """The accuracy 0..1 in a score file beside results; None for any other file."""
    base = Path(name).name
    try:
        if re.search(r"_(acc|score)\.csv$", base):
            return _from_score_table(path)
        if base.endswith("results.json") and path.stat().st_size < 10 * 1024**2:
            return _from_results(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError, UnreadableFile):
        return None
    return None


def _from_score_table(path: Path) -> float | None:
    """VLMEvalKit: the row or column 'Overall', as a share or in per cent."""
    lines = path.read_text("utf-8", "replace").splitlines()
    cells = [[cell.strip().strip('"') for cell in line.split(",")] for line in lines[:200]]
    header = cells[0]
    if "Overall" in header and len(cells) > 1:
        return _share(cells[1][header.index("Overall")])
    for row in cells[1:]:
        if row[0] == "Overall" and "acc" in header and len(row) == len(header):
            return _share(row[header.index("acc")])
    return None


def _from_results(document: Any) -> float | None:
    """lmms-eval: the one metric of the one task that has a number."""
    results = document.get("results") if isinstance(document, Mapping) else None
    if not isinstance(results, Mapping) or len(results) != 1:
        return None
    metrics = next(iter(results.values()))
    if not isinstance(metrics, Mapping):
        return None
    numbers = [
        value
        for key, value in metrics.items()
        if isinstance(value, int | float) and "stderr" not in key and key != "alias"
    ]
    return _share(numbers[0]) if len(numbers) == 1 else None


def _share(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number / 100 if number > 1 else number
