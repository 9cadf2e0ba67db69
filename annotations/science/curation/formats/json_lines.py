"""JSON Lines: one object a sample, its meta an object in it."""

import pyarrow as pa

from annotations.science.curation.formats.base import Format, Place
from annotations.science.curation.hugging_face import card_features
from annotations.science.curation.train_rows import META, json_bytes, objects_of
from triage.science.words import gettext_noop as _


class JsonLines:
    """Writes `train.jsonl`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        place.features.extend(card_features(place.schema, objects=[META]))
        self._file = (place.folder / "train.jsonl").open("wb")

    def write(self, table: pa.Table) -> None:
        """Write these rows after those before."""
        rows = objects_of(self.place.with_paths(table))
        self._file.writelines(json_bytes(row) + b"\n" for row in rows)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


FORMAT = Format(
    name="jsonl",
    title="JSON Lines",
    about=_("one object a sample, pictures beside"),
    writer=JsonLines,
    loads="train.jsonl",
    opening='datasets.load_dataset("{folder}")["train"]',
)
