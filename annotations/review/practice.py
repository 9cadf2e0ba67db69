"""The five items of the warm-up: one for each verdict that takes practice, with its reason.

They are the same for everybody and come from no run: practising on gold answers would give them
away.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from annotations.models import VerdictKind


@dataclass(frozen=True)
class PracticeItem:
    """One item with the verdict we would give and why; `picture` is a static file, or empty."""

    picture: str
    question: Any
    answer: Any
    prediction: Any
    kind: VerdictKind
    reason: Any


ITEMS: tuple[PracticeItem, ...] = (
    PracticeItem(
        "practice/match.webp",
        _("How many red circles are there?"),
        "2",
        "3",
        VerdictKind.MATCH,
        _("There are two: picture, question and reference answer fit. The model is wrong."),
    ),
    PracticeItem(
        "practice/mismatch.webp",
        _("What is the woman holding in her left hand?"),
        _("an umbrella"),
        _("a phone"),
        VerdictKind.MISMATCH,
        _("There is no woman here: this question belongs to another picture."),
    ),
    PracticeItem(
        "practice/wrong_answer.webp",
        _("What colour is the square?"),
        _("blue"),
        _("yellow"),
        VerdictKind.WRONG_ANSWER,
        _(
            "The question is about this picture, but the square is yellow: the reference answer is "
            "wrong. You can type the right one."
        ),
    ),
    PracticeItem(
        "practice/ambiguous.webp",
        _("What is next to the triangle?"),
        _("a red square"),
        _("a blue square"),
        VerdictKind.AMBIGUOUS,
        _("Both squares are as near: each answer can be defended."),
    ),
    PracticeItem(
        "",
        _("Is the door open?"),
        _("yes"),
        _("no"),
        VerdictKind.UNUSABLE,
        _("Without its picture nobody can judge it. “Unsure” is for what you see and cannot tell."),
    ),
)
