"""Where bulky data lives: one data root, a folder per run, immutable Parquet inside.

The root is a local folder or any fsspec address (`s3://…`, `memory://…`). Nothing is renamed into
place, because buckets cannot: a run's folder becomes visible when its row is written.
"""

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_GROUP = 65_536


@dataclass(frozen=True)
class DataRoot:
    """The one place that files are kept in."""

    url: str
    fs: Any = field(init=False, compare=False, repr=False)
    path: str = field(init=False)

    def __post_init__(self) -> None:
        fs, path = fsspec.core.url_to_fs(self.url)
        object.__setattr__(self, "fs", fs)
        object.__setattr__(self, "path", path.rstrip("/"))

    @property
    def is_local(self) -> bool:
        """Whether files have a path on this machine."""
        protocol = self.fs.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def run(self, run_uuid: uuid.UUID | str, samples_at: str = "samples") -> "RunFolder":
        """The folder of a run; `samples_at`: where in it the samples lie that are read."""
        return RunFolder(self, f"runs/{_hex(run_uuid)}", samples_at)

    def join(self, *parts: str) -> str:
        """A path under the root."""
        return "/".join((self.path, *parts))

    def put(self, relative: str, data: bytes, *, lasting: bool = False) -> None:
        """Write a whole file; who reads it meanwhile sees all of it or nothing.

        `lasting`: on a local disk, so that not even a power cut leaves half of it.
        """
        target = self.join(relative)
        self.fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
        if not self.is_local:
            self.fs.pipe_file(target, data)
            return
        beside = f"{target}.{uuid.uuid4().hex}"
        with Path(beside).open("wb") as stream:
            stream.write(data)
            if lasting:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(beside, target)

    def get(self, relative: str) -> bytes:
        """Read a whole file; FileNotFoundError where there is none."""
        return bytes(self.fs.cat_file(self.join(relative)))

    def has(self, relative: str) -> bool:
        """Whether the file is there."""
        return bool(self.fs.exists(self.join(relative)))

    def put_evidence(self, data: bytes) -> str:
        """Keep a copy under its own checksum; the checksum (SHA-256, hex)."""
        checksum = hashlib.sha256(data).hexdigest()
        relative = evidence_path(checksum)
        if not self.has(relative):
            self.put(relative, data)
        return checksum


@dataclass(frozen=True)
class RunFolder:
    """The files of one run.

    `samples_at`: the folder of the samples in it. A run that was scored anew has one a version, the
    same samples at the same positions in each.
    """

    root: DataRoot
    relative: str
    samples_at: str = "samples"

    def path(self, *parts: str) -> str:
        """A path inside the folder, as the root's file system spells it."""
        return self.root.join(self.relative, *parts)

    @property
    def samples(self) -> str:
        """The pattern that names all parts of the samples."""
        return self.path(self.samples_at, "*.parquet")

    def at(self, samples_at: str) -> "RunFolder":
        """The same run with the samples of another version."""
        return replace(self, samples_at=samples_at)

    def write_table(self, table: pa.Table, *parts: str) -> None:
        """Write one Parquet file."""
        with self.open_write(*parts) as stream:
            pq.write_table(
                table, stream, compression="zstd", compression_level=1, row_group_size=ROWS_A_GROUP
            )

    def read_table(self, *parts: str, columns: list[str] | None = None) -> pa.Table:
        """Read one Parquet file; FileNotFoundError where there is none."""
        with self.root.fs.open(self.path(*parts), "rb") as stream:
            return pq.read_table(stream, columns=columns)

    def read_samples(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """The parts of the samples, in order."""
        for path in self.sample_parts():
            with self.root.fs.open(path, "rb") as stream:
                yield pq.read_table(stream, columns=columns)

    def sample_columns(self) -> frozenset[str]:
        """Names of the samples' columns: a run that was imported long ago lacks later fields."""
        for path in self.sample_parts():
            with self.root.fs.open(path, "rb") as stream:
                return frozenset(pq.read_schema(stream).names)
        return frozenset()

    def sample_parts(self) -> list[str]:
        """The part files of the samples, in order."""
        return sorted(self.root.fs.glob(self.samples))

    @contextmanager
    def open_write(self, *parts: str) -> Iterator[IO[bytes]]:
        """A file of the folder, open for writing."""
        path = self.path(*parts)
        self.root.fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        with self.root.fs.open(path, "wb") as stream:
            yield stream

    def put_image(self, data: bytes, suffix: str) -> str:
        """Keep an image under its checksum; its path relative to the run's image folder."""
        checksum = hashlib.sha256(data).hexdigest()
        relative = f"{checksum[:2]}/{checksum}.{suffix}"
        if not self.has("images", relative):
            self.root.put(f"{self.relative}/images/{relative}", data)
        return relative

    def image_names(self) -> list[str]:
        """The pictures that it carries, by their paths in its folder of pictures."""
        top = self.path("images")
        if not self.root.fs.exists(top):
            return []
        return [each[len(top) + 1 :] for each in self.root.fs.find(top)]

    def has(self, *parts: str) -> bool:
        """Whether the file is there."""
        return bool(self.root.fs.exists(self.path(*parts)))

    def delete_samples(self) -> None:
        """Remove the samples of this version; for a scoring that failed."""
        if self.root.fs.exists(self.path(self.samples_at)):
            self.root.fs.rm(self.path(self.samples_at), recursive=True)

    def delete(self) -> None:
        """Remove everything; for an import that failed."""
        if self.root.fs.exists(self.path()):
            self.root.fs.rm(self.path(), recursive=True)


def evidence_path(checksum: str) -> str:
    """Where an evidence copy lies under the root."""
    return f"evidence/{checksum[:2]}/{checksum}"


def _hex(value: uuid.UUID | str) -> str:
    return value.hex if isinstance(value, uuid.UUID) else uuid.UUID(value).hex
