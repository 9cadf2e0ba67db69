"""Parquet: typed columns; pictures inside, as the Hugging Face feature Image keeps them.

`meta`, and what is a map in the record, is a column of JSON text: two samples may say quite
different things there, and a column has one type. A picture that is not to be had is null; the
names stand in `image_name` and `image_names`. Where no picture at all is there, `image` stays a
column of names.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotations.science.curation.formats.base import Format, Place
from annotations.science.curation.hugging_face import PICTURE, schema_metadata
from annotations.science.curation.pictures import Picture, bytes_of
from annotations.science.curation.train_rows import json_texts
from triage.science.words import gettext_noop as _

# Rows of a row group where it holds pictures, and the bytes after which one ends sooner.
PICTURES_AT_ONCE = 100
BYTES_AT_ONCE = 64 * 1024**2


class Parquet:
    """Writes `train.parquet`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        pictures = place.pictures
        self.embeds = pictures.wanted and pictures.there and _names_pictures(place.schema)
        schema = flat_schema(place.schema)
        if self.embeds:
            schema = _with_pictures(schema)
        self.schema = schema.with_metadata(schema_metadata(schema))
        self._writer = pq.ParquetWriter(
            place.folder / "train.parquet", self.schema, compression="zstd"
        )

    def write(self, table: pa.Table) -> None:
        """Write these rows after those before."""
        table = flat(table)
        if not self.embeds:
            self._count(table)
            self._writer.write_table(table.cast(self.schema))
            return
        for rows, found in self._groups(table):
            columns = {name: rows[name] for name in rows.column_names}
            self._writer.write_table(self._filled(columns, rows.num_rows, found))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()

    def _groups(self, table: pa.Table) -> Iterator[tuple[pa.Table, list[list[Picture | None]]]]:
        """Rows a few at a time with their pictures: of `image` first, then of `images`."""
        names = _named(table)
        start, found = 0, list[list[Picture | None]]()
        weight = 0
        for number, row in enumerate(names):
            found.append([self.place.pictures.get(name) for name in row])
            weight += bytes_of(found[-1])
            if len(found) >= PICTURES_AT_ONCE or weight >= BYTES_AT_ONCE:
                yield table.slice(start, len(found)), found
                start, found, weight = number + 1, [], 0
        if found:
            yield table.slice(start, len(found)), found

    def _filled(
        self, columns: dict[str, Any], rows: int, found: list[list[Picture | None]]
    ) -> pa.Table:
        if "image" in columns:
            columns["image_name"] = columns["image"]
            columns["image"] = pa.array([_stored(each[0]) for each in found], PICTURE)
        else:
            found = [[None, *each] for each in found]
        if "images" in columns:
            listed = [
                None if names is None else [_stored(one) for one in each[1:]]
                for names, each in zip(columns["images"].to_pylist(), found, strict=True)
            ]
            columns["image_names"] = columns["images"]
            columns["images"] = pa.array(listed, pa.list_(PICTURE))
        arrays = [columns[name] for name in self.schema.names]
        return pa.table(arrays, names=self.schema.names).cast(self.schema)

    def _count(self, table: pa.Table) -> None:
        """Pictures that are not written are counted all the same."""
        for row in _named(table):
            for name in row:
                self.place.pictures.get(name)


def flat_schema(schema: pa.Schema) -> pa.Schema:
    """The schema with JSON text in the place of maps."""
    return pa.schema([c.with_type(pa.string()) if pa.types.is_map(c.type) else c for c in schema])


def flat(table: pa.Table) -> pa.Table:
    """The rows with JSON text in the place of maps."""
    for place, column in enumerate(table.schema):
        if pa.types.is_map(column.type):
            texts = json_texts(table[column.name].combine_chunks())
            table = table.set_column(place, column.with_type(pa.string()), texts)
    return table


def _names_pictures(schema: pa.Schema) -> bool:
    return "image" in schema.names or "images" in schema.names


def _with_pictures(schema: pa.Schema) -> pa.Schema:
    columns = []
    for column in schema:
        if column.name == "image":
            columns += [pa.field("image", PICTURE), pa.field("image_name", pa.string())]
        elif column.name == "images":
            columns += [
                pa.field("images", pa.list_(PICTURE)),
                pa.field("image_names", pa.list_(pa.string())),
            ]
        elif column.name not in ("image_name", "image_names"):
            columns.append(column)
    return pa.schema(columns)


def _named(table: pa.Table) -> list[list[str | None]]:
    """The names of each row's pictures: `image` where the table has it, then `images`."""
    rows: list[list[str | None]] = [[] for _row in range(table.num_rows)]
    if "image" in table.column_names:
        rows = [[name] for name in table["image"].to_pylist()]
    if "images" in table.column_names:
        listed = table["images"].to_pylist()
        rows = [[*row, *(names or [])] for row, names in zip(rows, listed, strict=True)]
    return rows


def _stored(picture: Picture | None) -> dict[str, Any] | None:
    return None if picture is None else {"bytes": picture.data, "path": picture.name}


FORMAT = Format(
    name="parquet",
    title="Parquet",
    about=_("typed columns, pictures inside"),
    writer=Parquet,
    loads="train.parquet",
    opening='datasets.load_dataset("{folder}")["train"]',
    suffix="parquet",
    takes_bytes=True,
)
