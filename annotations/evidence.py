"""Copies of what annotators were shown, kept under their checksum.

The image folder of a run may move or change; an audit's evidence may not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from triage.image_files import NotAPicture, read_header
from triage.models import Run
from triage.store import DataRoot

MAX_BYTES = 200 * 1024**2


@dataclass(frozen=True)
class KeptImage:
    """What became of one sample's image: its checksum (empty: none kept) and a note for people.

    `note`: {status: ok | missing | refused | none, width, height, reason}.
    """

    sha256: str
    note: dict[str, Any]


def _without(status: str, reason: str = "") -> KeptImage:
    return KeptImage("", {"status": status, "width": None, "height": None, "reason": reason})


def keep_images(run: Run, paths: Sequence[str | None]) -> list[KeptImage]:
    """A copy of each image under the data root, in the order given; paths may repeat."""
    root = DataRoot(settings.DATA_ROOT)
    known: dict[str, KeptImage] = {}
    kept = []
    for path in paths:
        if not path:
            kept.append(_without("none"))
            continue
        if path not in known:
            known[path] = _keep(root, run, path)
        kept.append(known[path])
    return kept


def _keep(root: DataRoot, run: Run, path: str) -> KeptImage:
    try:
        data = _bytes_of(root, run, path)
        header = read_header(data)
    except FileNotFoundError:
        return _without("missing", gettext_noop("the image file is not there"))
    except (NotAPicture, OSError) as problem:
        return _without("refused", str(problem))
    note = {"status": "ok", "width": header.width, "height": header.height, "reason": ""}
    return KeptImage(root.put_evidence(data), note)


def _bytes_of(root: DataRoot, run: Run, path: str) -> bytes:
    """The image's bytes, from the folder the run points at or from its own pictures.

    Raises FileNotFoundError, or NotAPicture for a path that leaves the folder or a huge file.
    """
    if not run.image_root:
        if ".." in PurePosixPath(path).parts or path.startswith("/"):
            raise NotAPicture(gettext_noop("the path leaves the image folder"))
        return root.get(f"{root.run(run.uuid).relative}/images/{path}")
    folder = Path(run.image_root).resolve()
    target = (folder / path).resolve()
    if not target.is_relative_to(folder):
        raise NotAPicture(gettext_noop("the path leaves the image folder"))
    if target.is_file() and target.stat().st_size > MAX_BYTES:
        raise NotAPicture(gettext_noop("the file is larger than an image should be"))
    return target.read_bytes()
