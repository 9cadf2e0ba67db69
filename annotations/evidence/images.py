"""Copies of what annotators were shown, kept under their checksum.

The image folder of a run may move or change; an audit's evidence may not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from triage.models import Run
from triage.science.store.image_files import NotAPicture, read_header
from triage.science.store.pictures import read_run_image
from triage.science.store.store import DataRoot


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
        data = read_run_image(root.run(run.uuid), run.image_root, path)
        header = read_header(data)
    except FileNotFoundError:
        return _without("missing", gettext_noop("the image file is not there"))
    except (NotAPicture, OSError) as problem:
        return _without("refused", str(problem))
    note = {"status": "ok", "width": header.width, "height": header.height, "reason": ""}
    return KeptImage(root.put_evidence(data), note)
