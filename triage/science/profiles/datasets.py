"""More sets of questions with predictions beside them: MMMU, SEED-Bench, ScienceQA, A-OKVQA,
and those that are known by their names, DocVQA and ChartQA."""

import re
from typing import Any

from triage.science.profiles.profile import (
    Columns,
    Profile,
    Reading,
    Seen,
    fields,
    mostly,
    usual_rule,
)
from triage.science.record.values import parsed
from triage.science.words import gettext_noop as _

_SAID = ("response", "prediction", "pred", "output", "model_answer", "answer_by_model")
_PICTURES = tuple(f"image_{n}" for n in range(1, 8))
_CHOICES = ("choice_a", "choice_b", "choice_c", "choice_d")
_LETTERS = frozenset("abcdefghij")


def _said(seen: Seen, *more: str) -> str | None:
    """The column of predictions; in LLaVA's files the text beside the prompt."""
    return seen.first(*more, *_SAID) or ("text" if seen.has("prompt", "text") else None)


def _mmmu(seen: Seen) -> Reading | None:
    prediction = _said(seen)
    named = "id" in seen.columns and all(
        re.match(r"(validation|test|dev)_\w+_\d+$", str(each)) for each in seen.values("id")
    )
    if prediction is None or not seen.has("question", "answer"):
        return None
    if "image_1" not in seen.columns and not (named and seen.first("options", "all_choices")):
        return None
    several = "image_1" in seen.columns
    return Reading(
        fields(
            sample_id=seen.first("id", "question_id"),
            question="question",
            answers="answer",
            options=seen.first("options", "index2ans"),
            prediction=prediction,
            images="pictures" if several else None,
            image=None if several else seen.first("image"),
            category=seen.first("subfield", "subject", "category"),
            question_type=seen.first("question_type"),
            difficulty=seen.first("topic_difficulty"),
        ),
        _pictures if several else None,
    )


def _pictures(columns: Columns) -> dict[str, list[Any]]:
    """Pictures in columns image_1 … image_7 as one list a row."""
    held = [columns[name] for name in _PICTURES if name in columns]
    rows = zip(*held, strict=True)
    return {"pictures": [[each for each in row if each not in (None, "")] or None for row in rows]}


def _seed_bench(seen: Seen) -> Reading | None:
    prediction = _said(seen)
    if not seen.has("question_id", "question", "answer", *_CHOICES[:2]) or prediction is None:
        return None
    return Reading(
        fields(
            sample_id="question_id",
            question="question",
            answers="answer",
            options=tuple(name for name in _CHOICES if name in seen.columns),
            prediction=prediction,
            image=seen.first("image", "data_id"),
            question_type=seen.first("question_type", "question_type_id"),
            category=seen.first("category", "data_type"),
            model=seen.first("model_id"),
        ),
        rule="choice",
    )


def _scienceqa(seen: Seen) -> Reading | None:
    of_tool = seen.has("id", "results", "outputs")
    problems = seen.has("choices", "question", "answer", "skill", "topic") and (
        "index" not in seen.columns
    )
    prediction = "outputs" if of_tool else _said(seen)
    if prediction is None or not (of_tool or problems):
        return None
    judged = of_tool and "answer" in seen.columns
    return Reading(
        fields(
            sample_id=seen.first("question_id", "id", "pid"),
            question=seen.first("question"),
            answers=seen.first("answer"),
            options=seen.first("choices"),
            prediction=prediction,
            context=seen.first("hint"),
            image="picture" if "image" in seen.columns else None,
            category=seen.first("topic", "subject"),
            question_type=seen.first("skill", "category"),
            difficulty=seen.first("grade"),
            split=seen.first("split"),
            model=seen.first("model_id"),
            correct="judged" if judged else None,
        ),
        _problem,
        "choice",
    )


def _problem(columns: Columns) -> dict[str, list[Any]]:
    """The tool's verdict, and where the picture of a problem lies: split/number/image.png."""
    derived: dict[str, list[Any]] = {}
    if "results" in columns and "answer" in columns:
        pairs = zip(columns["results"], columns["answer"], strict=True)
        derived["judged"] = [None if gold is None else str(r) == str(gold) for r, gold in pairs]
    if "image" in columns:
        count = len(columns["image"])
        names = columns.get("id") or columns.get("pid") or columns.get("question_id")
        folders = columns.get("split", [None] * count)
        rows = zip(columns["image"], folders, names or [None] * count, strict=True)
        derived["picture"] = [_placed(*row) for row in rows]
    return derived


def _placed(image: Any, split: Any, name: Any) -> Any:
    if image in ("image.png", "choice_0.png") and name is not None:
        return "/".join(str(each) for each in (split, name, image) if each is not None)
    return image or None


def _a_okvqa(seen: Seen) -> Reading | None:
    official = seen.has("multiple_choice", "direct_answer")
    prediction = "multiple_choice" if official else _said(seen)
    questions = seen.has("question", "direct_answers", "choices")
    if prediction is None or not (questions or (official and "id" in seen.columns)):
        return None
    chosen = official or _are_choices(seen, prediction)
    by_index = chosen and "correct_choice_idx" in seen.columns
    return Reading(
        fields(
            sample_id=seen.first("question_id", "id"),
            question=seen.first("question"),
            answers="right choice" if by_index else seen.first("direct_answers"),
            options=seen.first("choices") if chosen else None,
            prediction=prediction,
            image=seen.first("image", "image_id"),
            split=seen.first("split"),
            model=seen.first("model_id"),
        ),
        _right_choice if by_index else None,
        "choice" if chosen else "vqa",
    )


def _are_choices(seen: Seen, prediction: str) -> bool:
    """Whether what was said is mostly one of the choices, or a letter."""
    rows = [row for row in seen.rows if row.get(prediction) is not None]
    hits = sum(_is_choice(str(row[prediction]), row.get("choices")) for row in rows)
    return bool(rows) and hits > len(rows) / 2


def _is_choice(said: str, choices: Any) -> bool:
    low = said.strip().lower()
    texts = parsed(choices) if isinstance(choices, str) else choices
    listed = {str(each).strip().lower() for each in texts} if isinstance(texts, list) else set()
    return low in listed or low.strip("().: ") in _LETTERS


def _right_choice(columns: Columns) -> dict[str, list[Any]]:
    """The text of the choice whose number is right."""
    rows = zip(columns["correct_choice_idx"], columns["choices"], strict=True)
    return {"right choice": [_at(*row) for row in rows]}


def _at(index: Any, choices: Any) -> Any:
    listed = parsed(choices) if isinstance(choices, str) else choices
    try:
        return listed[int(index)]
    except (TypeError, ValueError, IndexError):
        return None


def _documents(seen: Seen) -> Reading | None:
    return _named_set(seen, "anls")


def _charts(seen: Seen) -> Reading | None:
    return _named_set(seen, "relaxed")


def _named_set(seen: Seen, rule: str) -> Reading | None:
    """A set scored by `rule`, as its columns or its name say.

    Beside an `annotation`, the `answer` is the prediction.
    """
    if usual_rule(seen) != rule:
        return None
    answers = seen.first("answers", "annotation", "label", "gt", "gold", "ground_truth")
    prediction = _said(seen) or (seen.first("answer") if answers else None)
    answers = answers or seen.first("answer")
    if answers is None or prediction is None or prediction == answers:
        return None
    verdict = seen.first("correct", "is_correct", "hit")
    return Reading(
        fields(
            sample_id=seen.first("questionId", "question_id", "id", "qid"),
            question=seen.first("question", "query", "prompt"),
            answers=answers,
            prediction=prediction,
            image=seen.first("image", "image_path", "imgname", "image_local_name"),
            category=seen.first("type", "category"),
            question_type=seen.first("question_type"),
            split=seen.first("data_split") if _are_splits(seen) else None,
            model=seen.first("model_id"),
            correct=verdict if verdict and mostly(seen.values(verdict), _VERDICTS) else None,
        ),
        rule=rule,
    )


_VERDICTS = frozenset({"0", "1", "0.0", "1.0", "true", "false"})


def _are_splits(seen: Seen) -> bool:
    return mostly(seen.values("data_split"), {"train", "val", "test"})


PROFILES = (
    Profile("mmmu", _("MMMU questions with responses"), _mmmu),
    Profile("seed_bench", _("SEED-Bench questions with predictions"), _seed_bench),
    Profile("scienceqa", _("ScienceQA problems with results"), _scienceqa),
    Profile(
        "a_okvqa",
        _("A-OKVQA questions with predictions"),
        _a_okvqa,
        (_("a file of both settings is read by its choices; map direct_answer for the other"),),
    ),
)
# Known by little more than the file's name: asked last.
BY_FILE_NAME = (
    Profile("docvqa", _("DocVQA answers"), _documents),
    Profile("chartqa", _("ChartQA answers"), _charts),
)
