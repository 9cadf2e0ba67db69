"""What evaluation tools write: lmms-eval, VLMEvalKit, LLaVA, Inspect, promptfoo and others."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from triage.science.profiles.profile import (
    Columns,
    Profile,
    Reading,
    Seen,
    fields,
    usual_rule,
)
from triage.science.reading.choices import LETTERS, option_meant, option_of_reference
from triage.science.reading.folding import same
from triage.science.record.mapping import lettered_columns
from triage.science.record.values import parsed
from triage.science.words import gettext_noop as _

# Keys of a row of lmms-eval that are no metric.
_NO_METRIC = {
    "doc_id", "target", "filtered_resps", "resps", "doc", "arguments", "input", "doc_hash",
    "prompt_hash", "target_hash", "input_media", "token_counts", "prompt", "id",
}  # fmt: skip
_LISTED_OPTION = re.compile(r"^\s*\(?([A-L])[.):]\s+(.+?)\s*$", re.MULTILINE)


def _lmms_eval(seen: Seen) -> Reading | None:
    if not seen.has("doc_id") or not seen.first("filtered_resps", "resps"):
        return None
    question = seen.first("doc.question", "doc.query", "doc.text", "input", "arguments[0][0]")
    return Reading(
        fields(
            sample_id="doc_id",
            question=question,
            answers=seen.first("doc.answers", "target", "doc.answer"),
            prediction=seen.first("filtered_resps", "resps"),
            options=seen.first("doc.choices", "doc.options") or "listed options",
            image=seen.first("input_media", "doc.image_path", "doc.image_id"),
            category=seen.first("doc.category", "doc.question_type"),
            correct="metric",
        ),
        _lmms_metric,
    )


def _lmms_metric(columns: Columns) -> dict[str, list[Any]]:
    """`metric`: the first value of a row that is a score; `listed options`: those of the prompt."""
    names = [name for name in columns if name not in _NO_METRIC]
    count = len(next(iter(columns.values()), []))
    metric: list[Any] = []
    for at in range(count):
        scores = (_score_of(columns[name][at]) for name in names)
        metric.append(next((each for each in scores if each is not None), None))
    derived = {"metric": metric}
    prompts = columns.get("input")
    if prompts is not None:
        derived["listed options"] = [_listed_options(each) for each in prompts]
    return derived


def _score_of(value: Any) -> float | None:
    if isinstance(value, Mapping):
        value = value.get("score")
    if isinstance(value, bool | int | float) and 0 <= value <= 1:
        return float(value)
    return None


def _listed_options(prompt: Any) -> list[str] | None:
    """The options that a prompt lists as 'A. …', in order; None where it lists none."""
    if not isinstance(prompt, str):
        return None
    found: dict[str, str] = dict(_LISTED_OPTION.findall(prompt))
    letters = LETTERS[: len(found)]
    return (
        [found[each] for each in letters] if len(found) > 1 and set(found) == set(letters) else None
    )


def _vlmevalkit(seen: Seen) -> Reading | None:
    if not seen.has("index", "question", "prediction") or "doc_id" in seen.columns:
        return None
    letters = lettered_columns(sorted(seen.columns))
    known = ("hit", "log", "res", "image_path", "l2-category", "extracted", "eval_match", "split")
    if not letters and not seen.first(*known) and "Qwen" not in seen.name:
        return None
    circular = _is_circular(seen)
    judged = seen.first("hit", "eval_match", "eval_score", "score")
    if judged is None and seen.has("res"):
        judged = "judged"
    return Reading(
        fields(
            sample_id="index",
            question="question",
            answers=seen.first("answer", "eval_gt"),
            prediction="prediction",
            options=tuple(letters) or seen.first("choices"),
            image=seen.first("image_path"),
            context=seen.first("hint"),
            category=seen.first("category", "l2-category", "task"),
            question_type=seen.first("skill", "question_type", "l2-category"),
            difficulty=seen.first("grade", "difficulty"),
            split="split" if _are_splits(seen) else None,
            correct=judged,
            group="question group" if circular else None,
        ),
        _both(*((_judged,) if judged == "judged" else ()), *((_circular,) if circular else ())),
        usual_rule(seen),
    )


# Sets that ask each question in several orders of its options.
_TURNED = re.compile(r"mmbench|ccbench|circular")


def _is_circular(seen: Seen) -> bool:
    """Whether each question comes in several orders of its options.

    The turned ones may lie behind all others, where nothing has been seen yet: then the set's name
    says it.
    """
    numbers = [int(each) for each in seen.values("index") if str(each).isdecimal()]
    turned = seen.has("g_index") or any(each >= 1_000_000 for each in numbers)
    return turned or _TURNED.search(seen.name.lower()) is not None


def _both(*steps: Callable[[Columns], Mapping[str, list[Any]]]) -> Any:
    """What several steps derive, together; None without any."""
    if not steps:
        return None
    return lambda columns: {k: v for step in steps for k, v in step(columns).items()}


def _are_splits(seen: Seen) -> bool:
    known = {"train", "val", "test", "dev", "validation", "ood"}
    return "split" in seen.columns and {str(v).lower() for v in seen.values("split")} <= known


def _circular(columns: Columns) -> dict[str, list[Any]]:
    """Circular evaluation: index, index + 1,000,000, … are one question in other orders."""
    if "g_index" in columns:
        return {"question group": [str(each) for each in columns["g_index"]]}
    return {"question group": [_without_turn(each) for each in columns["index"]]}


def _without_turn(index: Any) -> str:
    try:
        return str(int(index) % 1_000_000)
    except (TypeError, ValueError):
        return str(index)


def _judged(columns: Columns) -> dict[str, list[Any]]:
    """What a judge took out of the answer (`res`) held against the key, as the tool does it."""
    results, answers = columns["res"], columns["answer"]
    beside = (columns.get(n, [None] * len(results)) for n in ("choices", "answer_option", _KIND))
    rows = zip(results, answers, *beside, strict=True)
    return {"judged": [_matches(*row) for row in rows]}


_KIND = "answer_type"


def _matches(result: Any, answer: Any, options: Any, key: Any, kind: Any) -> float | None:
    if result is None:
        return 0.0
    said = str(result)
    listed = parsed(options) if isinstance(options, str) else options
    if isinstance(listed, list) and listed:
        texts = [str(each) for each in listed]
        right = option_of_reference(str(key if key is not None else answer), texts)
        return float(right is not None and option_meant(said, texts) == right)
    if kind in ("integer", "float"):
        # The tool compares numbers as Python reads them, and nothing else with a number.
        return float(
            _number(said, kind) is not None and _number(said, kind) == _number(answer, kind)
        )
    return float(same(said, str(answer)))


def _number(value: Any, kind: str) -> float | None:
    try:
        return int(str(value)) if kind == "integer" else float(value)
    except (TypeError, ValueError):
        return None


def _llava_answers(seen: Seen) -> Reading | None:
    if not seen.has("question_id", "prompt", "text"):
        return None
    unique = _are_unique(seen, "question_id")
    return Reading(
        fields(
            sample_id="question_id" if unique else ("question_id", "prompt"),
            question=seen.first("question", "prompt"),
            prediction="text",
            image=seen.first("image", "image_path", "image_id"),
            answers=seen.first("label", "answer", "answers", "gold"),
            options=seen.first("choices", "options"),
            category=seen.first("category"),
            model="model_id" if "model_id" in seen.columns else None,
        ),
        rule=usual_rule(seen),
    )


def _are_unique(seen: Seen, name: str) -> bool:
    values = [str(each) for each in seen.values(name)]
    return len(set(values)) == len(values)


def _inspect(seen: Seen) -> Reading | None:
    answer = seen.first("output.choices[0].message.content", "output.completion")
    if answer is None or not seen.has("target"):
        return None
    return Reading(
        fields(
            sample_id=("id", "epoch") if not _are_unique(seen, "id") else "id",
            question="question",
            image="picture",
            answers="target",
            prediction=answer,
            options=seen.first("choices"),
            correct="scores.*.value",
            model=seen.first("model"),
            group="id" if not _are_unique(seen, "id") else None,
        ),
        _inspect_input,
    )


def _inspect_input(columns: Columns) -> dict[str, list[Any]]:
    """The last thing a person said, and the picture that came with it."""
    questions: list[str | None] = []
    pictures: list[str | None] = []
    for given in columns.get("input", []):
        messages = given if isinstance(given, list) else [{"role": "user", "content": given}]
        asked = [each for each in messages if isinstance(each, Mapping)]
        content = next((m.get("content") for m in reversed(asked) if m.get("role") == "user"), None)
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        parts = [part for part in parts if isinstance(part, Mapping)]
        texts = [str(part["text"]) for part in parts if part.get("text")]
        images = [part["image"] for part in parts if isinstance(part.get("image"), str)]
        questions.append("\n".join(texts) or None)
        pictures.append(images[0] if images else None)
    return {"question": questions, "picture": pictures}


def _promptfoo(seen: Seen) -> Reading | None:
    if not seen.has("success") or not seen.first("response.output", "response"):
        return None
    return Reading(
        fields(
            question=seen.first("vars.question", "prompt.raw", "prompt"),
            answers=seen.first("vars.answer", "vars.expected", "testCase.assert[0].value"),
            prediction=seen.first("response.output", "response"),
            image=seen.first("vars.image"),
            correct=seen.first("success", "gradingResult.pass"),
            model=seen.first("provider.id", "provider"),
        )
    )


def _opencompass(seen: Seen) -> Reading | None:
    if not seen.has("prediction") or not seen.first("origin_prompt", "gold", "references"):
        return None
    if not seen.first("origin_prompt", "predictions"):
        return None
    return Reading(
        fields(
            sample_id=seen.first("id"),
            question=seen.first("origin_prompt[0].prompt", "origin_prompt"),
            answers=seen.first("gold", "references", "answer"),
            prediction="prediction",
            correct=seen.first("correct", "is_correct"),
        )
    )


def _helm(seen: Seen) -> Reading | None:
    if not seen.has("instance_id", "predicted_text"):
        return None
    return Reading(
        fields(
            sample_id="instance_id",
            question=seen.first("instance.input.text", "input.text", "request.prompt"),
            answers=seen.first("references", "instance.references[0].output.text"),
            prediction="predicted_text",
            correct=seen.first("stats.exact_match", "stats.quasi_exact_match"),
        )
    )


def _openai_batch(seen: Seen) -> Reading | None:
    answer = seen.first("response.body.choices[0].message.content")
    if answer is None or not seen.has("custom_id"):
        return None
    return Reading(
        fields(
            sample_id="custom_id",
            prediction=answer,
            model=seen.first("response.body.model"),
            question=seen.first("question"),
            answers=seen.first("answer", "answers", "label"),
        )
    )


PROFILES = (
    Profile(
        "lmms_eval",
        _("lmms-eval samples"),
        _lmms_eval,
        (_("doc_hash is the same in every row and names nothing"),),
    ),
    Profile(
        "vlmevalkit",
        _("VLMEvalKit result"),
        _vlmevalkit,
    ),
    Profile(
        "llava_answers",
        _("LLaVA answers"),
        _llava_answers,
        (_("question_id need not be unique; the file holds no right answers"),),
    ),
    Profile("inspect", _("Inspect log"), _inspect),
    Profile("promptfoo", _("promptfoo results"), _promptfoo),
    Profile("helm", _("HELM predictions"), _helm),
    Profile("openai_batch", _("OpenAI batch output"), _openai_batch),
    Profile("opencompass", _("OpenCompass predictions"), _opencompass),
)
