"""Data sets that are a folder or an archive: Arrow files as `save_to_disk` leaves them, WebDataset
shards, pictures with texts beside them."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.rows import RowsReader
from triage.science.store.images_archive import SUFFIXES
from triage.science.words import gettext_noop as _

MOST_ROWS = 5_000_000
# A member of a shard that is text: longer ones are something else.
_MOST_TEXT = 16 * 1024**2
_MOST_PICTURE = 200 * 1024**2


def is_saved_dataset(folder: Path) -> bool:
    """Whether a folder is what `datasets` leaves with `save_to_disk`."""
    return (folder / "state.json").is_file() or (folder / "dataset_dict.json").is_file()


def open_saved_dataset(folder: Path, name: str) -> RowsReader:
    """The rows of a saved Dataset, or of all splits of a DatasetDict (with a column `split`)."""
    if (folder / "dataset_dict.json").is_file():
        splits = json.loads((folder / "dataset_dict.json").read_text()).get("splits", [])
        rows = [
            {**row, "split": split}
            for split in splits
            for row in _arrow_rows(folder / Path(str(split)).name, name)
        ]
    else:
        rows = _arrow_rows(folder, name)
    if not rows:
        raise UnreadableFile(_("{name}: the data set has no rows"), name=name)
    return RowsReader(rows, _("Hugging Face data set, saved to disk"), total_bytes=_size(folder))


def _arrow_rows(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.arrow")):
        try:
            with pa.memory_map(str(path)) as stream:
                rows += pa.ipc.open_stream(stream).read_all().to_pylist()
        except (pa.ArrowInvalid, OSError) as problem:
            raise UnreadableFile(
                _("{name}: damaged data ({problem}); copy it again"),
                name=name,
                problem=str(problem),
            ) from None
        if len(rows) > MOST_ROWS:
            raise UnreadableFile(
                _("{name}: more than {n} rows are not held at once; export it as Parquet"),
                name=name,
                n=MOST_ROWS,
            )
    return rows


def open_shard(path: Path, name: str) -> RowsReader:
    """The samples of a WebDataset shard: members of one key, up to the first dot of their name."""
    rows: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile():
                    _put_member(archive, member, rows)
    except (tarfile.TarError, OSError, EOFError) as problem:
        raise UnreadableFile(
            _("{name}: not a whole tar archive ({problem}); copy it again"),
            name=name,
            problem=str(problem),
        ) from None
    if not rows:
        raise UnreadableFile(_("{name}: the archive holds no samples"), name=name)
    listed = [{"__key__": key, **row} for key, row in rows.items()]
    return RowsReader(listed, _("WebDataset shard"), total_bytes=path.stat().st_size)


def _put_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, rows: dict[str, dict[str, Any]]
) -> None:
    folder, _slash, base = member.name.removeprefix("./").rpartition("/")
    stem, dot, suffix = base.partition(".")
    if not dot or not stem or member.size > _MOST_PICTURE:
        return
    row = rows.setdefault(f"{folder}/{stem}" if folder else stem, {})
    suffix = suffix.lower()
    stream = archive.extractfile(member)
    if stream is None:
        return
    if f".{suffix}" in SUFFIXES:
        row["image"] = {"bytes": stream.read(), "path": base}
    elif suffix == "json" and member.size <= _MOST_TEXT:
        try:
            value = json.loads(stream.read())
        except (ValueError, RecursionError):
            return
        row |= value if isinstance(value, dict) else {"json": value}
    elif member.size <= _MOST_TEXT and suffix in ("txt", "text", "cls", "caption", "answer", "id"):
        row[suffix] = stream.read().decode("utf-8", "replace").strip()


def pictures_with_texts(folder: Path) -> list[dict[str, Any]]:
    """Pictures of a folder that have a text of the same name beside them; [] where none has."""
    rows = []
    for picture in _pictures(folder):
        text = picture.with_suffix(".txt")
        if text.is_file() and text.stat().st_size <= _MOST_TEXT:
            rows.append(
                {
                    "image": picture.relative_to(folder).as_posix(),
                    "caption": text.read_text("utf-8", "replace").strip(),
                }
            )
    return rows


def _pictures(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.arrow"))
