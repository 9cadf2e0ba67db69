"""Signs on single rows that an attributable excess is tested for."""

from dataclasses import dataclass

import numpy as np

from diagnostics.science.causes.excess.answers import Answers, codes_of
from diagnostics.science.causes.excess.attributable import Excess, attributable, strata_of
from diagnostics.science.causes.excess.hard_words import hard_words
from diagnostics.science.causes.excess.images import Matched
from diagnostics.science.causes.excess.simultaneous import Tested, above, normal_limits
from diagnostics.science.causes.excess.tolerances import Tolerances
from diagnostics.science.measures.samples import Bools


@dataclass(frozen=True)
class Sign:
    """`shown` and `known` (n): on which rows it stands, and on which that can be said."""

    cause: str
    source: str
    shown: Bools
    known: Bools


def signs_of(answers: Answers, found: Matched | None, tolerances: Tolerances) -> tuple[Sign, ...]:
    """Every sign that the record can show, whether or not a row shows it."""
    made = (
        _new_words(answers),
        _hard_words(answers, tolerances),
        _short(answers, tolerances),
        _other_domain(answers),
        _off_box(answers, found, tolerances),
    )
    return tuple(sign for sign in made if sign is not None)


def tested(answers: Answers, sign: Sign, tolerances: Tolerances) -> tuple[Tested, Excess] | None:
    """The sign's excess among evaluation rows; None where no stratum can be compared."""
    rows = answers.evaluated & sign.known
    templates = codes_of(answers.samples, "template")
    if not templates.any():
        templates = codes_of(answers.samples, "mined_template")
    shown = sign.shown[rows]
    strata = strata_of(answers.types[rows], templates[rows], shown, tolerances.stratum)
    error = answers.samples.error[rows]
    excess = attributable(shown, error, strata, answers.errors, tolerances.stratum)
    if excess is None:
        return None
    p = above(excess.share, excess.error, tolerances.excess)
    limits = normal_limits(excess.share, excess.error)
    return Tested(sign.cause, sign.source, excess.share, p, limits), excess


def unsigned(signs: tuple[Sign, ...], count: int) -> Bools:
    """Rows (count) that show no sign."""
    shown = np.zeros(count, dtype=bool)
    for sign in signs:
        shown |= sign.shown & sign.known
    return ~shown


def _new_words(answers: Answers) -> Sign | None:
    """A word that fewer than two training questions have (columns.novelty)."""
    novelty = answers.samples.number("question_novelty")
    if novelty is None:
        return None
    return Sign("semantic", "new_words", np.nan_to_num(novelty) > 0, np.isfinite(novelty))


def _hard_words(answers: Answers, tolerances: Tolerances) -> Sign | None:
    shown = hard_words(answers, tolerances)
    if shown is None:
        return None
    return Sign("semantic", "hard_words", shown, np.ones(len(shown), dtype=bool))


def _short(answers: Answers, tolerances: Tolerances) -> Sign | None:
    words = answers.samples.number("question_words")
    if words is None:
        return None
    shown = np.nan_to_num(words, nan=np.inf) <= tolerances.short
    return Sign("missing_modality", "short_question", shown, np.isfinite(words))


def _other_domain(answers: Answers) -> Sign | None:
    """A split named 'ood', or a domain that no training row has."""
    samples, trained = answers.samples, answers.trained
    shown, known = samples.in_split("ood"), np.ones(len(samples), dtype=bool)
    domains = samples.group("domain")
    if domains is not None and (domains.codes[trained] >= 0).any():
        seen = np.unique(domains.codes[trained])
        shown = shown | ((domains.codes >= 0) & ~np.isin(domains.codes, seen))
    if not shown.any():
        return None
    return Sign("generalisation", "other_domain", shown, known)


def _off_box(answers: Answers, found: Matched | None, tolerances: Tolerances) -> Sign | None:
    """Attention beside the box: not where it is flat, not where the picture has no effect."""
    distance = answers.attention_distance
    if distance is None or not np.isfinite(distance).any():
        return None
    known = np.isfinite(distance)
    shown = np.nan_to_num(distance) > tolerances.off_box
    entropy = answers.samples.number("attention_entropy")
    if entropy is not None:
        known &= ~(entropy > tolerances.flat)
    if found is not None:
        known &= ~found.match
    return Sign("spatial", "attention_off_box", shown, known)
