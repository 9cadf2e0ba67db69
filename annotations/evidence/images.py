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
from triage.science.store.pictures import is_cut, read_run_image
from triage.science.store.store import DataRoot


@dataclass(frozen=True)
class KeptImage:
    """What became of one sample's image: its checksum (empty: none kept) and a note for people.

    `note`: {status: ok | missing | refused | none, width, height, reason, cut}; `cut`: only a part
    of the picture is there.
    """

    sha256: str
    note: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """What a snapshot says of a picture after the first: the note, and the copy's checksum."""
        return {"sha256": self.sha256, **self.note}


def _without(status: str, reason: str = "") -> KeptImage:
    note = {"status": status, "width": None, "height": None, "reason": reason, "cut": False}
    return KeptImage("", note)


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


def keep_further_images(run: Run, paths: Sequence[str] | None) -> list[dict[str, Any]]:
    """Copies of a sample's second and further pictures, as a snapshot says them.

    `paths`: all its pictures in order; null or empty where it has one at most.
    """
    return [each.document for each in keep_images(run, list(paths or ())[1:])]


def _keep(root: DataRoot, run: Run, path: str) -> KeptImage:
    try:
        data = read_run_image(root.run(run.uuid), run.image_root, path)
        header = read_header(data)
    except FileNotFoundError:
        return _without("missing", gettext_noop("the image file is not there"))
    except (NotAPicture, OSError) as problem:
        return _without("refused", str(problem))
    note = {
        "status": "ok", "width": header.width, "height": header.height, "reason": "",
        "cut": is_cut(data),
    }  # fmt: skip
    return KeptImage(root.put_evidence(data), note)
