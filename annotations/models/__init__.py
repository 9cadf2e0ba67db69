"""Rows of the people's side: what is judged, what people said, what is made of it."""

from annotations.models.audits import Audit, Item, Seat
from annotations.models.curation import CuratedSet, GoldAnswer, MismatchScore, Repair
from annotations.models.kinds import (
    CHOICES,
    TOP_FIVE_CHOICES,
    UNDECIDED,
    VerdictKind,
    default_noise_kinds,
)
from annotations.models.people import ReviewKeys, WarmUp
from annotations.models.verdicts import Adjudication, Flag, Verdict

__all__ = [
    "CHOICES",
    "TOP_FIVE_CHOICES",
    "UNDECIDED",
    "Adjudication",
    "Audit",
    "CuratedSet",
    "Flag",
    "GoldAnswer",
    "Item",
    "MismatchScore",
    "Repair",
    "ReviewKeys",
    "Seat",
    "Verdict",
    "VerdictKind",
    "WarmUp",
    "default_noise_kinds",
]
