"""A folder of the data root as a zip, streamed: never whole in memory or on disk."""

import io
import zipfile
from collections.abc import Iterator

from triage.science.store.store import DataRoot

CHUNK = 1024 * 1024


class _Sink(io.RawIOBase):
    """Takes what the zip writer gives and hands it on; it cannot seek, so sizes come after."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.waiting += data
        self.written += len(data)
        return len(data)

    def tell(self) -> int:
        return self.written

    def drain(self) -> bytes:
        """What has come since the last call."""
        data = bytes(self.waiting)
        self.waiting.clear()
        return data


def zip_folder(root: DataRoot, relative: str, inside: str) -> Iterator[bytes]:
    """The files of the folder `relative` of `root`, and of the folders in it, as a zip.

    In the zip they lie under the folder name `inside`.
    """
    sink = _Sink()
    folder = root.join(relative)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for path in sorted(root.fs.find(folder)):
            name = path.removeprefix(f"{folder}/")
            with (
                root.fs.open(path, "rb") as source,
                archive.open(zipfile.ZipInfo(f"{inside}/{name}"), "w", force_zip64=True) as entry,
            ):
                while data := source.read(CHUNK):
                    entry.write(data)
                    yield sink.drain()
    yield sink.drain()
