"""What every export format offers: a name, a line for the menu, and a writer of training rows."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from annotations.science.curation.pictures import Pictures
from annotations.science.curation.train_rows import json_bytes, objects_of
from triage.science.words import Refused

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Where conversations and questions name a picture.
IMAGE_TOKEN = "<image>"  # noqa: S105 - a mark in a text, no secret


class ExportRefused(Refused):
    """The export cannot be written there, or not in this form."""


@dataclass(frozen=True)
class Place:
    """Where and from what a format is written: an empty folder, the rows' schema, the pictures.

    `title` is the run's name, `model` the name that predictions go under where a row has none.
    `left_out` counts the samples that the format has no place for, by reason. `features` are the
    columns as the data set card declares them, where the files themselves do not say their types.
    """

    folder: Path
    schema: pa.Schema
    pictures: Pictures = field(default_factory=Pictures)
    title: str = "curated"
    left_out: Counter[str] = field(default_factory=Counter)
    features: list[dict[str, Any]] = field(default_factory=list)

    def with_paths(self, table: pa.Table, under: str = "images") -> pa.Table:
        """The rows with their pictures copied, and the paths of the copies in their columns."""
        for name, listed in (("image", False), ("images", True)):
            if name not in table.column_names:
                continue
            values = table[name].to_pylist()
            paths = [self._paths(value, under) if listed else self._path(value, under)
                     for value in values]  # fmt: skip
            place = table.schema.get_field_index(name)
            column = table.schema.field(name)
            table = table.set_column(place, column, pa.array(paths, column.type))
        return table

    def _path(self, name: str | None, under: str) -> str | None:
        return self.pictures.copied(name, self.folder, under)

    def _paths(self, names: list[str] | None, under: str) -> list[str | None] | None:
        return None if names is None else [self._path(each, under) for each in names]


class Writer(Protocol):
    """Takes training rows, table by table."""

    def write(self, table: pa.Table) -> None:
        """Write these rows after those before."""
        ...

    def close(self) -> None:
        """Finish the files; called once, also after a failure."""
        ...


@dataclass(frozen=True)
class Format:
    """A form that a curated set can be written in.

    `title` and `about` are marked sentences for the menu. `loads` names the files (a pattern) that
    the Hugging Face loader should read, empty where it has no reader for them; `opening` says for
    the data set card how the folder is opened. `suffix` is that of the record beside the files.
    """

    name: str
    title: str
    about: str
    writer: Callable[[Place], Writer]
    loads: str
    opening: str
    suffix: str = "jsonl"
    # Whether a column of bytes has a place in it.
    takes_bytes: bool = False


class JsonList:
    """A JSON list in a file, written element by element, between two pieces of text."""

    def __init__(self, path: Path, before: str = "[", after: str = "]") -> None:
        self._file = path.open("wb")
        self._after = after
        self._first = True
        self._file.write(before.encode())

    def add(self, element: Any) -> None:
        """Write one more element."""
        self._file.write(b"\n" if self._first else b",\n")
        self._first = False
        self._file.write(json_bytes(element))

    def close(self) -> None:
        """End the list; the file is whole."""
        self._file.write(f"\n{self._after}\n".encode())
        self._file.close()


class RowWriter:
    """A writer that goes row by row, over rows whose pictures were copied under `under`."""

    under = "images"

    def __init__(self, place: Place) -> None:
        self.place = place

    def write(self, table: pa.Table) -> None:
        """Write these rows after those before."""
        for row in objects_of(self.place.with_paths(table, self.under)):
            self.add(row)

    def add(self, row: dict[str, Any]) -> None:
        """Write one row."""
        raise NotImplementedError

    def close(self) -> None:
        """Finish the files."""
        raise NotImplementedError


def pictures_of(row: Mapping[str, Any]) -> list[str]:
    """The paths of a row's pictures, each once, the main one first."""
    named = [row.get("image"), *(row.get("images") or [])]
    return list(dict.fromkeys(each for each in named if each))


def prompt_of(row: Mapping[str, Any]) -> str:
    """What the model is asked: context, question, and the choices by letter."""
    lines = [row.get("context"), row.get("question")]
    options = row.get("options") or []
    lines += [f"{LETTERS[n]}. {each}" if n < 26 else str(each) for n, each in enumerate(options)]
    return "\n".join(line for line in lines if line)


def said_of(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values of a row that say something, of these columns."""
    return {name: row[name] for name in names if row.get(name) not in (None, [], "")}


def put_json(path: Path, value: Any) -> None:
    """Write a small JSON file that people may read."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


# For the manifest: why a sample has no place in a format.
NO_ANSWER = "without an answer to train on"
NO_PICTURE = "without a picture"
