"""What benchmarks hand out: VQA, GQA, VCR, BLINK, MathVista, HallusionBench and others."""

from collections.abc import Mapping, Sequence
from typing import Any

from triage.science.profiles.profile import (
    Columns,
    Companion,
    Profile,
    Reading,
    Seen,
    fields,
)
from triage.science.words import gettext_noop as _

_VCR_ANSWERS = tuple(f"answer_{n}" for n in range(4))
# A score from here on says that picture and text belong together.
MATCH_FROM = 0.5


def _mathvista(seen: Seen) -> Reading | None:
    if not seen.has("pid", "response", "answer"):
        return None
    return Reading(
        fields(
            sample_id="pid",
            question=seen.first("query", "question"),
            answers="answer",
            prediction="response",
            options=seen.first("choices"),
            image=seen.first("image"),
            question_type=seen.first("metadata.task", "question_type"),
            category=seen.first("metadata.category", "metadata.context"),
            difficulty=seen.first("metadata.grade"),
            correct=seen.first("true_false"),
        )
    )


def _blink(seen: Seen) -> Reading | None:
    if seen.has("idx", "full_prediction", "answer"):
        return Reading(
            fields(
                sample_id="idx",
                answers="answer",
                prediction="full_prediction",
                question=seen.first("question", "prompt"),
                options=seen.first("choices"),
                category="task",
            ),
            _blink_task,
            "choice",
        )
    return None


def _blink_task(columns: Columns) -> dict[str, list[Any]]:
    """The task in an id like 'val_IQ_Test_12'."""
    return {"task": [str(each).split("_", 1)[-1].rsplit("_", 1)[0] for each in columns["idx"]]}


def _vcr(seen: Seen) -> Reading | None:
    if not seen.has("annot_id", *_VCR_ANSWERS):
        return None
    return Reading(
        fields(
            sample_id="annot_id",
            question=seen.first("question_orig", "question text"),
            answers="answer_label" if "answer_label" in seen.columns else None,
            options="choices in words" if "answer_choices" in seen.columns else None,
            prediction="chosen answer",
            confidence="probability of it",
            image=seen.first("img_fn"),
        ),
        _vcr_choice,
        "choice",
    )


def _vcr_choice(columns: Columns) -> dict[str, list[Any]]:
    """The likeliest of the four answers, and its probability."""
    rows = list(zip(*(columns[name] for name in _VCR_ANSWERS), strict=True))
    chosen: list[Any] = []
    sure: list[Any] = []
    for row in rows:
        try:
            numbers = [float(each) for each in row]
        except (TypeError, ValueError):
            chosen.append(None)
            sure.append(None)
            continue
        best = max(range(4), key=lambda at: numbers[at])
        chosen.append("ABCD"[best])
        total = sum(numbers)
        sure.append(numbers[best] / total if total > 0 and min(numbers) >= 0 else None)
    derived: dict[str, list[Any]] = {"chosen answer": chosen, "probability of it": sure}
    if "answer_choices" in columns:
        derived["choices in words"] = [_in_words(each) for each in columns["answer_choices"]]
    return derived


def _in_words(choices: Any) -> list[str] | None:
    """Token lists as texts; a list among tokens names objects of the picture from 0."""
    if not isinstance(choices, list):
        return None
    return [
        " ".join(map(_token, each)) if isinstance(each, list) else str(each) for each in choices
    ]


def _token(token: Any) -> str:
    return " and ".join(f"[{n}]" for n in token) if isinstance(token, list) else str(token)


def _matching(seen: Seen) -> Reading | None:
    """Image-text matching: a caption, a score in 0..1, and whether they belong together."""
    if not seen.has("caption", "score", "label") or seen.first("prediction", "pred", "response"):
        return None
    labels = {str(each).lower() for each in seen.values("label")}
    scores = seen.values("score")
    plain = all(isinstance(each, int | float) and 0 <= each <= 1 for each in scores)
    if not plain or not labels <= {"0", "1", "true", "false", "yes", "no", "match", "mismatch"}:
        return None
    return Reading(
        fields(
            sample_id=seen.first("id", "sample_id", "uid"),
            image=seen.first("image", "image_path", "img"),
            question="caption",
            answers="belongs together",
            prediction="called a match",
            confidence="sureness",
        ),
        _called,
        "yes_no",
    )


def _called(columns: Columns) -> dict[str, list[Any]]:
    scores = columns["score"]
    yes = {"1", "1.0", "true", "yes", "match"}
    return {
        "called a match": [
            None if s is None else "yes" if s >= MATCH_FROM else "no" for s in scores
        ],
        "belongs together": ["yes" if str(v).lower() in yes else "no" for v in columns["label"]],
        "sureness": [None if s is None else max(s, 1 - s) for s in scores],
    }


def _puzzle(seen: Seen) -> Reading | None:
    if not seen.has("image", "question", "answer", "options", "raw_output"):
        return None
    return Reading(
        fields(
            sample_id=seen.first("id"),
            image="image",
            question="question",
            answers="answer",
            options="options",
            prediction="raw_output",
            category=seen.first("pattern", "caption"),
        ),
        rule="choice",
    )


def _vqa(seen: Seen) -> Reading | None:
    """The joined triple of VQA v1 and v2: question, ten answers, one result."""
    if not seen.has("question_id", "question", "answers", "image_id"):
        return None
    prediction = seen.first("result.answer", "prediction") or said(seen) or seen.first("answer")
    if prediction is None:
        return None
    return Reading(
        fields(
            sample_id="question_id",
            model=seen.first("model_id"),
            question="question",
            answers="answers",
            prediction=prediction,
            image=seen.first("image", "file_name", "image_id"),
            question_type=seen.first("question_type"),
            category=seen.first("answer_type"),
        ),
        rule="vqa",
    )


def said(seen: Seen) -> str | None:
    """What the model wrote, in a file of LLaVA's: `text` beside what it was asked."""
    return "text" if seen.has("prompt", "text") else None


def _gqa(seen: Seen) -> Reading | None:
    prediction = seen.first("prediction") or said(seen)
    if not seen.has("imageId", "question", "answer") or prediction is None:
        return None
    return Reading(
        fields(
            sample_id=seen.first("questionId", "question_id", "id"),
            image="imageId",
            question="question",
            answers="answer",
            prediction=prediction,
            question_type=seen.first("types.structural"),
            category=seen.first("types.semantic"),
            template=seen.first("types.detailed"),
            boxes="boxes of what is asked" if seen.has(_SHOWN, "annotations") else None,
            model=seen.first("model_id"),
        ),
        _boxes if seen.has(_SHOWN, "annotations") else None,
        "exact",
    )


# What a picture shows, by the scene graph: [id, name, x0, y0, x1, y1] an object.
_SHOWN = "objects shown"


def _is_scene_graph(seen: Seen) -> bool:
    graphs = [each for each in seen.values("objects") if isinstance(each, Mapping)]
    objects = [each for graph in graphs for each in graph.values()]
    return bool(objects) and all(
        isinstance(each, Mapping) and {"x", "y", "w", "h"} <= set(each) for each in objects[:50]
    )


def _scene_graph(_name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"imageId": str(row.get("id")), _SHOWN: [_shown(*each) for each in row["objects"].items()]}
        for row in rows
        if isinstance(row.get("objects"), Mapping)
    ]


def _shown(name: str, each: Mapping[str, Any]) -> list[Any]:
    """One object, with its box held inside the picture on the left and above."""
    x, y, w, h = (float(each[key]) for key in "xywh")
    return [name, each.get("name"), max(x, 0.0), max(y, 0.0), x + w, y + h]


def _boxes(columns: Columns) -> dict[str, list[Any]]:
    """Boxes of the objects that the annotations of question and answer name."""
    rows = zip(columns["annotations"], columns[_SHOWN], strict=True)
    return {"boxes of what is asked": [_boxes_named(*row) for row in rows]}


def _boxes_named(annotations: Any, shown: Any) -> list[list[float]] | None:
    if not isinstance(annotations, Mapping) or not shown:
        return None
    parts = (annotations.get(name) for name in ("question", "answer"))
    named = {
        each.strip()
        for part in parts
        if isinstance(part, Mapping)
        for value in part.values()
        for each in str(value).split(",")
    }
    boxes = [box for name, _what, *box in shown if name in named and box[2] > box[0]]
    return [box for box in boxes if box[3] > box[1]] or None


def _hallusion(seen: Seen) -> Reading | None:
    if not seen.has("gt_answer", "question") or not seen.first("set_id", "visual_input"):
        return None
    if not seen.first("model_prediction", "prediction"):
        return None
    checked = seen.first("gpt4v_output_gpt_check", "correct")
    return Reading(
        fields(
            sample_id=("category", "subcategory", "set_id", "figure_id", "question_id")
            if seen.has("set_id", "figure_id")
            else seen.first("question_id", "id", "index"),
            question="question",
            answers="gt_answer",
            prediction=seen.first("model_prediction", "prediction"),
            image=seen.first("filename", "image"),
            category=seen.first("subcategory", "category"),
            # One question asked of several figures: their qAcc is the share of groups.
            group=("category", "subcategory", "set_id", "question_id")
            if seen.has("category", "subcategory", "set_id", "question_id")
            else None,
            correct="judged" if checked else None,
        ),
        (lambda columns: {"judged": [_checked(each) for each in columns[checked]]})
        if checked
        else None,
    )


def _checked(value: Any) -> float | None:
    """1 is right, 0 wrong, and 2 ('unclear') is not right."""
    known = {"0": 0.0, "1": 1.0, "2": 0.0, "true": 1.0, "false": 0.0}
    return None if value is None else known.get(str(value).strip().lower())


def _conversations(seen: Seen) -> Reading | None:
    if not seen.has("conversations"):
        return None
    prediction = seen.first("prediction", "response", "output", "text", "model_answer")
    if prediction is None:
        return None
    return Reading(
        fields(
            sample_id=seen.first("id"),
            image=seen.first("image"),
            question="said by a person",
            answers="said in answer",
            prediction=prediction,
        ),
        _turns,
    )


def _turns(columns: Columns) -> dict[str, list[Any]]:
    """The first question of a conversation, and the answer to it."""
    asked: list[str | None] = []
    told: list[str | None] = []
    for each in columns["conversations"]:
        turns = [turn for turn in each or [] if isinstance(turn, Mapping)]
        asked.append(_first_of(turns, ("human", "user")))
        told.append(_first_of(turns, ("gpt", "assistant")))
    return {"said by a person": asked, "said in answer": told}


def _first_of(turns: list[Mapping[str, Any]], speakers: tuple[str, ...]) -> str | None:
    for turn in turns:
        if turn.get("from", turn.get("role")) in speakers:
            text = turn.get("value", turn.get("content"))
            return text.replace("<image>", "").strip() if isinstance(text, str) else None
    return None


PROFILES = (
    Profile("mathvista", _("MathVista output"), _mathvista),
    Profile("blink", _("BLINK predictions"), _blink),
    Profile("vcr", _("VCR predictions"), _vcr),
    Profile("image_text_matching", _("Image-text matching scores"), _matching),
    Profile("puzzlevqa", _("PuzzleVQA output"), _puzzle),
    Profile("gqa", _("GQA results"), _gqa, (_("ids have zeros in front and are text"),)),
    Profile("vqa", _("VQA questions, answers and results"), _vqa),
    Profile("hallusionbench", _("HallusionBench results"), _hallusion),
    Profile("conversations", _("LLaVA conversations with predictions"), _conversations),
)

COMPANIONS = (Companion("scene graph", _is_scene_graph, _scene_graph),)
