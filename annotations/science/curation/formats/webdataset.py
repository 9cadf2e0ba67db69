"""WebDataset: tar files in which a sample is its pictures and one JSON, under one key."""

import io
import tarfile
from typing import Any

import pyarrow as pa

from annotations.science.curation.formats.base import Format, Place
from annotations.science.curation.train_rows import json_bytes, objects_of
from triage.science.words import gettext_noop as _

SAMPLES_A_SHARD = 10_000
BYTES_A_SHARD = 512 * 1024**2


class WebDataset:
    """Writes `train-000000.tar` and so on; keys are the samples' numbers, for a key has no dot."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._shards = 0
        self._samples = 0
        self._pictures: set[str] = set()
        self._open()

    def write(self, table: pa.Table) -> None:
        """Write these rows after those before."""
        for row in objects_of(table):
            self._add(row)

    def _add(self, row: dict[str, Any]) -> None:
        full = self._held >= SAMPLES_A_SHARD or self._weight >= BYTES_A_SHARD
        if full:
            self._tar.close()
            self._open()
        key = f"{self._samples:09d}"
        names = list(dict.fromkeys([row.get("image"), *(row.get("images") or [])]))
        found = [self.place.pictures.get(name) for name in names if name]
        pictures = [picture for picture in found if picture is not None]
        for number, picture in enumerate(pictures):
            # The first picture is `jpg` or `png` alone, as every loader expects it.
            field = f"{number}.{picture.header.suffix}" if number else picture.header.suffix
            self._pictures.add(field)
            self._put(f"{key}.{field}", picture.data)
        self._put(f"{key}.json", json_bytes(row))
        self._samples += 1
        self._held += 1

    def close(self) -> None:
        """Finish the last file; only now it is known which pictures there are."""
        self._tar.close()
        pictures = [{"name": field, "dtype": "image"} for field in sorted(self._pictures)]
        texts = [{"name": name, "dtype": "string"} for name in ("__key__", "__url__")]
        self.place.features.extend([*pictures, {"name": "json", "dtype": "json"}, *texts])

    def _open(self) -> None:
        path = self.place.folder / f"train-{self._shards:06d}.tar"
        self._tar = tarfile.open(path, "w")  # noqa: SIM115 - closed when it is full
        self._shards += 1
        self._held = self._weight = 0

    def _put(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        member.mode = 0o644
        self._tar.addfile(member, io.BytesIO(data))
        self._weight += len(data)


FORMAT = Format(
    name="webdataset",
    title="WebDataset",
    about=_("tar shards to stream while training"),
    writer=WebDataset,
    loads="train-*.tar",
    opening='webdataset.WebDataset("{folder}/train-000000.tar").decode("pil")',
)
