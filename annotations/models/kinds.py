"""The answers that people can give."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VerdictKind(models.TextChoices):
    """One annotator's answer on one item."""

    MATCH = "match", _("match")
    MISMATCH = "mismatch", _("mismatch")
    WRONG_ANSWER = "wrong_answer", _("wrong answer")
    AMBIGUOUS = "ambiguous", _("ambiguous")
    UNSURE = "unsure", _("unsure")
    UNUSABLE = "unusable", _("unusable")
    # The two answers of a top-5 check.
    AMONG = "among_candidates", _("among the candidates")
    NOT_AMONG = "not_among_candidates", _("not among the candidates")
    # An undo: the annotator took the verdict back and the item is open again.
    WITHDRAWN = "withdrawn", _("withdrawn")


# Left out of the denominator and bounded.
UNDECIDED = (VerdictKind.UNSURE, VerdictKind.UNUSABLE)
# What an annotator can choose in a noise audit, in the order of the buttons.
CHOICES = [
    VerdictKind.MATCH,
    VerdictKind.MISMATCH,
    VerdictKind.WRONG_ANSWER,
    VerdictKind.AMBIGUOUS,
    *UNDECIDED,
]
TOP_FIVE_CHOICES = [VerdictKind.AMONG, VerdictKind.NOT_AMONG, *UNDECIDED]


def default_noise_kinds() -> list[str]:
    """The verdicts that count as noise unless the audit says otherwise."""
    return [VerdictKind.MISMATCH, VerdictKind.WRONG_ANSWER]
