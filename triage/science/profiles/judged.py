"""Sets whose answers a judge or the tool itself has marked: LLaVA-Bench, OCRBench."""

from collections.abc import Mapping, Sequence
from typing import Any

from triage.science.profiles.profile import Columns, Profile, Reading, Seen, fields
from triage.science.record.values import parsed
from triage.science.words import gettext_noop as _

# Highest marks of the scales that judges use.
_SCALES = (1, 5, 10, 100)
# Beside a prediction in a column of its own, a number is not taken for a mark.
_NO_MARKS = ("label", "gold", "answers", "prediction", "pred", "response", "output")


def _llava_bench(seen: Seen) -> Reading | None:
    prediction = seen.first("text", "answer", "answer2", "response", "prediction")
    pairs = [each for each in map(_pair, seen.values("tuple")) if each]
    scores = [each for each in seen.values("score") if isinstance(each, int | float)]
    plain = seen.first("answer", "text") is not None and seen.first(*_NO_MARKS) is None
    scored = bool(pairs) or (plain and bool(scores) and max(scores) > 1)
    if "question_id" not in seen.columns or prediction is None or not scored:
        return None
    top = next((each for each in _SCALES if not scores or max(scores) <= each), max(scores or [1]))
    return Reading(
        fields(
            sample_id="question_id",
            question=seen.first("question", "prompt"),
            prediction=prediction,
            image=seen.first("image"),
            category=seen.first("category"),
            model=seen.first("model_id"),
            correct="marked",
        ),
        lambda columns: _marked(columns, top),
    )


def _pair(value: Any) -> tuple[float, float] | None:
    """The marks of the reference's answer and of the model's."""
    value = parsed(value) if isinstance(value, str) else value
    if isinstance(value, list | tuple) and len(value) == 2:
        try:
            first, second = (float(each) for each in value)
        except (TypeError, ValueError):
            return None
        return (first, second) if first > 0 and second >= 0 else None
    return None


def _marked(columns: Columns, top: float) -> dict[str, list[Any]]:
    """A mark as a share: of the reference's mark where there is one, else of the highest."""
    if "tuple" in columns:
        pairs = map(_pair, columns["tuple"])
        return {"marked": [min(1.0, each[1] / each[0]) if each else None for each in pairs]}
    return {"marked": [_share(each, top) for each in columns["score"]]}


def _share(score: Any, top: float) -> float | None:
    return min(1.0, score / top) if isinstance(score, int | float) and score >= 0 else None


def _ocrbench(seen: Seen) -> Reading | None:
    if not seen.has("dataset_name", "question", "answers", "predict"):
        return None
    return Reading(
        fields(
            sample_id=seen.first("id", "question_id"),
            question="question",
            answers="answers",
            prediction="predict",
            image=seen.first("image_path", "image"),
            question_type=seen.first("type"),
            category="dataset_name",
            correct="found in it",
        ),
        _found,
    )


def _found(columns: Columns) -> Mapping[str, list[Any]]:
    """OCRBench's own verdict: `result` where it stands, else whether the answer lies within."""
    predicted, answers, sets = (columns[n] for n in ("predict", "answers", "dataset_name"))
    results = columns.get("result", [None] * len(predicted))
    rows = zip(results, predicted, answers, sets, strict=True)
    return {"found in it": [_lies_within(*row) for row in rows]}


def _lies_within(result: Any, predicted: Any, answers: Any, of_set: Any) -> float | None:
    if isinstance(result, bool | int | float) and result in (0, 1):
        return float(result)
    if predicted is None:
        return 0.0
    # Formulas are compared without blanks, and their letters as they stand.
    formulas = str(of_set) == "HME100k"
    listed = answers if isinstance(answers, list) else [answers]
    return float(any(_plain(each, formulas) in _plain(predicted, formulas) for each in listed))


def _plain(text: Any, formula: bool) -> str:
    plain = str(text).strip().replace("\n", " ")
    return plain.replace(" ", "") if formula else plain.lower()


PROFILES: Sequence[Profile] = (
    Profile(
        "llava_bench",
        _("LLaVA-Bench answers with a judge's marks"),
        _llava_bench,
        (_("a mark is a share: of the reference's mark, or of the highest mark of the scale"),),
    ),
    Profile("ocrbench", _("OCRBench results"), _ocrbench),
)
