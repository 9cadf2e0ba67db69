"""What labelling and curation tools export: Label Studio tasks, FiftyOne data sets."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from triage.science.profiles.profile import Columns, Profile, Reading, Seen, fields
from triage.science.words import gettext_noop as _

# Fields of a FiftyOne sample that say what a model found, not what is there.
_FOUND = ("prediction", "predictions", "predicted", "model", "output")


def _label_studio(seen: Seen) -> Reading | None:
    if not seen.has("annotations") or not any(c.startswith("data.") for c in seen.columns):
        return None
    answers = seen.first("data.answer", "data.answers", "data.label")
    prediction = seen.first("data.prediction", "data.response", "data.model_answer")
    by_model = any(_choice_of(each) for value in seen.values("predictions") for each in _of(value))
    return Reading(
        fields(
            sample_id="id",
            image=seen.first("data.image"),
            question=seen.first("data.question", "data.text", "data.caption"),
            answers=answers or ("chosen by most" if by_model and not prediction else None),
            prediction=prediction or ("chosen by the model" if by_model else None),
        ),
        _choices,
    )


def _choices(columns: Columns) -> dict[str, list[Any]]:
    """What each annotator chose, what most of them did, and what the model did."""
    rated = [_rated(each) for each in columns["annotations"]]
    said = [
        next((c for each in _of(value) if (c := _choice_of(each))), None)
        for value in columns.get("predictions", [None] * len(rated))
    ]
    return {
        "choices of annotators": [each or None for each in rated],
        "chosen by most": [_most(each) for each in rated],
        "chosen by the model": said,
    }


def _rated(annotations: Any) -> list[dict[str, Any]]:
    """Each annotator's choice, in the order given; what was cancelled is left out."""
    found = []
    for each in _of(annotations):
        choice = _choice_of(each)
        if choice is not None and not each.get("was_cancelled"):
            by = each.get("completed_by")
            by = by.get("email") or by.get("id") if isinstance(by, Mapping) else by
            found.append({"annotator": by, "choice": choice})
    return found


def _of(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _choice_of(annotation: Mapping[str, Any]) -> str | None:
    """The first choice of one annotation or prediction; else the first text."""
    for name in ("choices", "text"):
        for region in _of(annotation.get("result")):
            value = region.get("value")
            listed = value.get(name) if isinstance(value, Mapping) else None
            if isinstance(listed, list) and listed:
                return str(listed[0])
            if isinstance(listed, str) and listed:
                return listed
    return None


def _most(rated: list[dict[str, Any]]) -> list[str] | None:
    """The choices that no other was made more often than."""
    counts = Counter(each["choice"] for each in rated)
    return [choice for choice, n in counts.items() if n == max(counts.values())] or None


def _fiftyone(seen: Seen) -> Reading | None:
    if not seen.has("filepath") or not seen.first("ground_truth.label", "prediction.label"):
        return None
    detected = {name: _detections(seen, name) for name in sorted(seen.columns)}
    shown = [name for name, each in detected.items() if each]
    true = next((name for name in shown if name not in _FOUND), None)
    found = next((name for name in shown if name in _FOUND), None)
    return Reading(
        fields(
            sample_id=seen.first("_id.$oid", "id", "filepath"),
            image="filepath",
            question=seen.first("question"),
            answers="ground_truth.label",
            prediction=seen.first("prediction.label", "predictions.label"),
            confidence=seen.first("prediction.confidence", "predictions.confidence"),
            boxes="true boxes" if true else None,
            predicted_box="surest box" if found else None,
        ),
        (lambda columns: _corners(columns, true, found)) if shown else None,
    )


def _detections(seen: Seen, name: str) -> bool:
    return any(
        isinstance(each, Mapping) and isinstance(each.get("detections"), list)
        for each in seen.values(name)
    )


def _corners(columns: Columns, true: str | None, found: str | None) -> dict[str, list[Any]]:
    """Boxes as corners 0..1: all of what is there, the surest of what was found."""
    derived: dict[str, list[Any]] = {}
    if true is not None:
        boxes = [[box for _sure, box in _boxes(each)] for each in columns[true]]
        derived["true boxes"] = [each or None for each in boxes]
    if found is not None:
        surest = [max(_boxes(each), default=(0.0, None))[1] for each in columns[found]]
        derived["surest box"] = surest
    return derived


def _boxes(value: Any) -> list[tuple[float, list[float]]]:
    """Each detection's confidence and [x0, y0, x1, y1], of x, y, width and height 0..1."""
    boxes = []
    for each in _of(value.get("detections") if isinstance(value, Mapping) else None):
        box = each.get("bounding_box")
        if not isinstance(box, list) or len(box) != 4:
            continue
        x, y, w, h = (float(n) for n in box)
        corners = [max(x, 0.0), max(y, 0.0), min(x + w, 1.0), min(y + h, 1.0)]
        if corners[0] < corners[2] and corners[1] < corners[3]:
            boxes.append((float(each.get("confidence") or 0.0), corners))
    return boxes


PROFILES = (
    Profile(
        "label_studio",
        _("Label Studio tasks"),
        _label_studio,
        (_("each annotator's choice stays beside the task; what most chose is the right answer"),),
    ),
    Profile("fiftyone", _("FiftyOne data set"), _fiftyone),
)
