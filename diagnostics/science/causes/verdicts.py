"""The run-level verdict: for each challenge what speaks for it, what against, and how strongly.

A challenge's strength is a claim about accuracy: how many points the errors that its rules name are
worth, by the low limit of their share. Figures of the measures then speak for or against it; a
claim that two of them contradict and none supports is taken back by one step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from diagnostics.science.causes.affected import Affected
from diagnostics.science.causes.catalogue import CAUSES
from diagnostics.science.measures.results import Value

Strength = Literal["none", "weak", "strong"]
# Accuracy that mending must win, by the low limit of its interval, for a claim to be made.
WEAK_FROM = 0.01
STRONG_FROM = 0.03


@dataclass(frozen=True)
class Sign:
    """A figure that speaks on a challenge: `for_from` and `against_to` bound its limits.

    Its whole interval has to lie beyond a bound to speak; `falling` turns the direction round.
    """

    measure: str
    figure: str
    for_from: float
    against_to: float
    falling: bool = False
    # People's own judgement: it overrules what the machine's rules named.
    decisive: bool = False


@dataclass(frozen=True)
class Piece:
    """One piece of evidence with the number that it rests on."""

    measure: str
    figure: str
    words: str
    value: Value


@dataclass(frozen=True)
class Verdict:
    """What is held of one challenge in a run, and the experiment that would prove it.

    `evidence_open`: what was measured and speaks neither for nor against.
    """

    cause: str
    strength: Strength
    affected: Value
    evidence_for: tuple[Piece, ...]
    evidence_against: tuple[Piece, ...]
    experiment: str
    evidence_open: tuple[Piece, ...] = ()


SIGNS: Mapping[str, tuple[Sign, ...]] = {
    "noise": (
        Sign("noise_signals", "audited_noise", 0.2, 0.2, decisive=True),
        Sign("noise_signals", "never_learnt", 0.1, 0.02),
        Sign("noise_signals", "extreme_loss", 0.03, 0.01),
    ),
    "generalisation": (
        Sign("domains", "ood_drop", 0.05, 0.02),
        Sign("consistency", "gap", 0.05, 0.02),
        Sign("consistency", "case_b", 0.5, 0.2),
    ),
    "semantic": (
        Sign("semantic_gap", "new_words_gap", 0.05, 0.02),
        Sign("semantic_gap", "pairs_auroc", 0.7, 0.9, falling=True),
    ),
    "spatial": (
        Sign("alignment", "place_gap", 0.05, 0.0),
        Sign("alignment", "localization_iou_places", 0.1, 0.3, falling=True),
        Sign("alignment", "localization_iou_places_gap", -0.05, 0.0, falling=True),
    ),
    "missing_modality": (
        Sign("missing_modality", "text_only_gap", 0.05, 0.2, falling=True),
        Sign("missing_modality", "image_only_gap", 0.05, 0.2, falling=True),
        Sign("missing_modality", "text_only_same", 0.4, 0.2),
        Sign("missing_modality", "text_only_blind", 0.1, 0.02),
    ),
    "ambiguity": (
        Sign("ambiguity", "judged_top_5", 0.2, 0.2, decisive=True),
        Sign("ambiguity", "near_misses", 0.6, 0.3),
        Sign("ambiguity", "close_errors", 0.2, 0.05),
        Sign("ambiguity", "divided", 0.2, 0.05),
    ),
}


def verdicts(found: Sequence[Affected], measures: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """One verdict for each challenge, the strongest first, then by affected samples.

    `measures`: a diagnosis' measures as they are stored (diagnostics.documents).
    """
    by_cause = {each.cause: each for each in found}
    said = [
        _verdict(cause.name, cause.experiment, by_cause[cause.name], measures) for cause in CAUSES
    ]
    order = {"strong": 0, "weak": 1, "none": 2}
    return tuple(sorted(said, key=lambda each: (order[each.strength], -(each.affected.value or 0))))


def _verdict(
    cause: str, experiment: str, affected: Affected, measures: Mapping[str, Any]
) -> Verdict:
    pro: list[Piece] = []
    contra: list[Piece] = []
    neither: list[Piece] = []
    overruled = 0
    for sign in SIGNS[cause]:
        figure = _figure(measures, sign)
        if figure is None:
            continue
        value = Value(**figure["value"])
        piece = Piece(sign.measure, sign.figure, figure["words"], value)
        side = speaks(sign, value)
        overruled += side if sign.decisive else 0
        if value.value is not None:
            (pro if side > 0 else contra if side < 0 else neither).append(piece)
    strength = strength_of(affected, len(pro), len(contra), overruled)
    sides = (tuple(pro), tuple(contra))
    return Verdict(cause, strength, affected.of_samples, *sides, experiment, tuple(neither))


def strength_of(affected: Affected, pro: int, contra: int, people: int = 0) -> Strength:
    """none, weak or strong, from the accuracy at stake and what the measures say.

    `people`: above 0 where people's own judgement speaks for the cause, below 0 against it; then
    it is strong, or weak at most.
    """
    at_stake = affected.of_samples.low or 0.0
    steps: tuple[Strength, ...] = ("none", "weak", "strong")
    step = 2 if at_stake >= STRONG_FROM else 1 if at_stake >= WEAK_FROM else 0
    if people:
        return "strong" if people > 0 else steps[min(step, 1)]
    if step and contra >= 2 and not pro:
        step -= 1
    return steps[step]


def speaks(sign: Sign, value: Value) -> int:
    """1 for, -1 against, 0 neither: the whole interval must lie beyond a bound."""
    if value.value is None:
        return 0
    low = value.low if value.low is not None else value.value
    high = value.high if value.high is not None else value.value
    if sign.falling:
        return 1 if high <= sign.for_from else -1 if low >= sign.against_to else 0
    return 1 if low >= sign.for_from else -1 if high <= sign.against_to else 0


def _figure(measures: Mapping[str, Any], sign: Sign) -> Mapping[str, Any] | None:
    figures = measures.get(sign.measure, {}).get("figures", [])
    return next((each for each in figures if each["name"] == sign.figure), None)
