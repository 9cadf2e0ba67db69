"""Captions: what a model wrote of pictures, beside what people wrote of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from triage.science.profiles.profile import Companion, Profile, Reading, Seen, fields
from triage.science.words import gettext_noop as _

# Scores of single captions that a file may hold, best first.
_SCORES = ("correct", "score", "clipscore", "CLIPScore", "CIDEr", "SPICE")
# Columns of files in which a caption is no prediction.
_NOT_HERE = (
    "id", "label", "prediction", "pred", "response", "output", "question", "answer", "similarity",
)  # fmt: skip


def _captions(seen: Seen) -> Reading | None:
    if not seen.has("image_id", "caption") or seen.first(*_NOT_HERE):
        return None
    names = [str(each) for each in seen.values("image_id")]
    if len(set(names)) < len(names):
        return None
    return Reading(
        fields(
            sample_id="image_id",
            image=seen.first("image", "file_name", "image_id"),
            prediction="caption",
            answers=seen.first("answers", "references", "gts", "gt"),
            split=seen.first("split"),
            correct=next((name for name in _SCORES if _is_credit(seen, name)), None),
        )
    )


def _is_credit(seen: Seen, name: str) -> bool:
    """Whether a column holds a share of what is right, for every row."""
    scores = seen.values(name) if name in seen.columns else []
    return len(scores) == len(seen.rows) > 0 and all(
        isinstance(each, bool | int | float) and 0 <= each <= 1 for each in scores
    )


def _are_references(seen: Seen) -> bool:
    """COCO annotations: captions with numbers of their own, several a picture."""
    others = ("prediction", "question", "label", "score", "answer")
    return seen.has("id", "image_id", "caption") and not seen.first(*others)


def _references(_name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What people wrote of each picture, together."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.get("image_id") is None or row.get("caption") is None:
            continue
        here = found.setdefault(str(row["image_id"]), {"image_id": row["image_id"], "answers": []})
        here["answers"].append(row["caption"])
        if row.get("file_name"):
            here["image"] = row["file_name"]
    return [*found.values()]


def _is_karpathy(seen: Seen) -> bool:
    first = next((each for each in seen.values("sentences") if each), None)
    return (
        seen.has("sentences", "filename", "split")
        and isinstance(first, list)
        and isinstance(first[0], Mapping)
        and "raw" in first[0]
    )


def _karpathy(_name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The pictures of a Karpathy split; `restval` is a part of what is trained on."""
    found = []
    for row in rows:
        name = row.get("cocoid", row.get("imgid"))
        texts = [each.get("raw") for each in row.get("sentences") or [] if each.get("raw")]
        if name is None or not texts:
            continue
        split = "train" if row.get("split") == "restval" else row.get("split")
        image = "/".join(each for each in (row.get("filepath"), row.get("filename")) if each)
        found.append({"image_id": name, "image": image, "answers": texts, "split": split})
    return found


PROFILES = (
    Profile(
        "captions",
        _("Captions of pictures"),
        _captions,
        (_("without scores nearly every caption differs from all references"),),
        beside="captions",
    ),
)
COMPANIONS = (
    Companion("captions", _are_references, _references, only="captions"),
    Companion("captions", _is_karpathy, _karpathy, only="captions"),
)
