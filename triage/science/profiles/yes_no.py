"""Sets that ask for yes or no: POPE and MME."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from triage.science.profiles.profile import (
    Columns,
    Companion,
    Profile,
    Reading,
    Seen,
    fields,
    mostly,
)
from triage.science.words import gettext_noop as _

_POPE_KINDS = frozenset({"adversarial", "popular", "random"})
_KIND = re.compile("|".join(_POPE_KINDS))
_YES_NO = frozenset({"yes", "no"})
# The tasks of MME, each a file of its own.
_MME_TASKS = frozenset({
    "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark",
    "artwork", "ocr", "commonsense_reasoning", "numerical_calculation", "text_translation",
    "code_reasoning",
})  # fmt: skip


def _pope(seen: Seen) -> Reading | None:
    if not mostly(seen.values("label"), _YES_NO) or not seen.first("question_id", "image"):
        return None
    prediction = (
        "text"
        if seen.has("prompt", "text")
        else seen.first("answer", "prediction", "response", "output", "caption")
    )
    known = "pope" in seen.name.lower() or mostly(seen.values("category"), _POPE_KINDS)
    if prediction is None or not known:
        return None
    own = _KIND.search(_base(seen.name))
    return Reading(
        fields(
            sample_id=seen.first("question_id"),
            image=seen.first("image"),
            question=seen.first("question", "prompt", "text"),
            answers="label",
            prediction=prediction,
            category="kind of question" if own else seen.first("category"),
            model=seen.first("model_id"),
        ),
        (lambda columns: _same("kind of question", own[0], columns)) if own else None,
        "yes_no",
    )


def _same(name: str, value: str, columns: Columns) -> Mapping[str, list[Any]]:
    return {name: [value] * len(next(iter(columns.values()), []))}


def _base(name: str) -> str:
    """The file's name alone, in lower case."""
    return PurePath(name).name.lower()


def _is_pope_gold(seen: Seen) -> bool:
    return (
        seen.has("question_id", "image", "text", "label")
        and not seen.first("prompt", "answer", "prediction", "response", "output")
        and mostly(seen.values("label"), _YES_NO)
    )


def _pope_gold(name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The right answers, with the kind of question that the file's name says."""
    found = []
    for row in rows:
        kind = _KIND.search(_base(str(row.get("file") or name)))
        found.append({**({"category": kind[0]} if kind else {}), **row})
    return found


def _mme(seen: Seen) -> Reading | None:
    if not seen.has("column 1", "column 2", "column 3", "column 4"):
        return None
    if not mostly(seen.values("column 3"), _YES_NO):
        return None
    together = "file" in seen.columns
    task = _base(seen.name).removesuffix(".txt").removesuffix(".tsv")
    alone = not together and task in _MME_TASKS
    return Reading(
        fields(
            sample_id=("file", "column 1", "column 2") if together else ("column 1", "column 2"),
            image="column 1",
            question="column 2",
            answers="column 3",
            prediction="column 4",
            question_type="file" if together else "task" if alone else None,
        ),
        (lambda columns: _same("task", task, columns)) if alone else None,
        "yes_no",
    )


PROFILES = (
    Profile(
        "pope",
        _("POPE questions, right answers and predictions"),
        _pope,
        (_("a question whose answer is yes comes again in each of the three kinds"),),
    ),
    Profile("mme", _("MME answers"), _mme, (_("the file has no line of column names"),)),
)
COMPANIONS = (Companion("pope", _is_pope_gold, _pope_gold),)
