"""An arm against its control: pairs of trials, the claim over seeds, and the same by stratum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diagnostics.science.experiments.design import sentences
from diagnostics.science.experiments.design.claims import (
    Comparison,
    Expectation,
    ForestRow,
    SeedDifference,
    Strata,
    StratumClaim,
    StratumRow,
    Verdict,
)
from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome
from diagnostics.science.experiments.design.statistics import (
    Difference,
    holm,
    paired_bootstrap,
    paired_t,
)
from diagnostics.science.measures.results import Unit, Value
from diagnostics.science.measures.samples import Floats, Groups

# A change of less than this, in accuracy, is none that matters.
SMALL = 0.01
# A stratum with fewer tested samples is named and never claimed.
FEWEST_SAMPLES = 20
CLAIMED_BELOW = 0.05
# Differences of means are sums in floating point: what is equal has to be equal.
_DECIMALS = 12

Trials = Mapping[tuple[str, int], Outcome]
Pairs = Sequence[tuple[Outcome, Outcome]]
# The tested material of control and treated.
Sides = tuple[Material | None, Material | None]


@dataclass(frozen=True)
class Pairing:
    """An arm and its control, trial by trial: the seeds that both ended with, and what they say."""

    arm: Arm
    control: Arm
    seeds: tuple[int, ...]
    pairs: Pairs
    gaps: Floats
    found: Difference


def pair(design: Design, arm: Arm, trials: Trials) -> Pairing:
    """Treated minus control over seeds; `trials`: those with credits alone."""
    control = design.arm(arm.control)
    seeds = [s for s in design.seeds if (control.name, s) in trials and (arm.name, s) in trials]
    pairs = [(trials[control.name, seed], trials[arm.name, seed]) for seed in seeds]
    gaps = np.round([t.credit.mean() - c.credit.mean() for c, t in pairs], _DECIMALS)
    return Pairing(arm, control, tuple(seeds), pairs, gaps, paired_t(gaps))


def adjusted_p(pairings: Sequence[Pairing], leading: str) -> dict[str, float]:
    """The p of every arm but `leading` after Holm's (1979) correction over them, by name.

    The leading arm is named before anything is trained, and is claimed at 5 % by itself: it is the
    question. The others are looked at beside it, and the more of them there are, the likelier one
    of them moves by chance.
    """
    further = {
        each.arm.name: each.found.p
        for each in pairings
        if each.arm.name != leading and each.found.p is not None
    }
    return dict(zip(further, holm(list(further.values())), strict=True)) if further else {}


def compare(
    design: Design,
    pairing: Pairing,
    adjusted: float | None,
    material: Material,
    expectation: Expectation | None,
    rng: np.random.Generator,
) -> Comparison:
    """Everything that is read of one arm and its control; `adjusted`: p after Holm, of a further
    arm."""
    arm, control, seeds, pairs = pairing.arm, pairing.control, pairing.seeds, pairing.pairs
    found, gaps = pairing.found, pairing.gaps
    verdict = verdict_of(found, adjusted)
    sides = (_tested_material(control, material), _tested_material(arm, material))
    aligned = _aligned(pairs, sides)
    strata = _all_strata(pairs, sides)
    by_chance = verdict == "not_settled" and verdict_of(found) in ("gain", "loss")
    said = sentences.conclusion(arm.name, verdict, _is_small(found), expectation, by_chance)
    return Comparison(
        arm=arm.name,
        control=control.name,
        words=arm.words,
        control_words=control.words,
        factor=design.factor(arm),
        difference=_value(found),
        per_seed=tuple(map(SeedDifference, seeds, gaps.tolist())),
        left_out=tuple(seed for seed in design.seeds if seed not in seeds),
        these_runs=None if aligned is None else _these_runs(*aligned, rng),
        strata=strata,
        verdict=verdict,
        direction=expectation.direction if expectation else "",
        as_expected=said.as_expected,
        conclusion=said,
        forest=_forest(found, verdict, strata),
        extra=_extra(pairs),
        notes=_notes(len(seeds) < len(design.seeds), bool(pairs) and aligned is None),
        adjusted_p=None if adjusted is None else float(adjusted),
    )


def _notes(left_out: bool, other_samples: bool) -> tuple[str, ...]:
    said = ((left_out, sentences.LEFT_OUT), (other_samples, sentences.OTHER_SAMPLES))
    return tuple(words for holds, words in said if holds)


def verdict_of(found: Difference, adjusted: float | None = None) -> Verdict:
    """The claim, from the interval over seeds, and of a further arm from its p after Holm too."""
    if found.low is None or found.high is None:
        return "no_claim"
    if adjusted is not None and adjusted >= CLAIMED_BELOW and not found.low <= 0 <= found.high:
        return "not_settled"
    if found.low > 0:
        return "gain"
    if found.high < 0:
        return "loss"
    return "none_seen" if _is_small(found) else "not_settled"


def _is_small(found: Difference) -> bool:
    return (
        found.low is not None
        and found.high is not None
        and found.low >= -SMALL
        and found.high <= SMALL
    )


def _value(found: Difference, unit: Unit = "points") -> Value:
    how = sentences.TOO_FEW_PAIRS if found.low is None else sentences.PAIRED_T
    return Value(found.mean, unit, found.low, found.high, found.count, how, found.p)


def _tested_material(arm: Arm, material: Material) -> Material | None:
    return material.target if arm.settings.tested_on == "other" else material


def _aligned(pairs: Pairs, sides: Sides) -> tuple[Floats, Floats, npt.NDArray[np.int64]] | None:
    """Credits of control and treated, each (k, m), and the picture of each sample (m).

    None where not every trial was tested on the same samples.
    """
    if not pairs or sides[0] is None or sides[0] is not sides[1]:
        return None
    rows = np.sort(pairs[0][0].rows)
    credits: tuple[list[Floats], list[Floats]] = ([], [])
    for pair in pairs:
        for side, outcome in zip(credits, pair, strict=True):
            order = np.argsort(outcome.rows, kind="stable")
            if not np.array_equal(outcome.rows[order], rows):
                return None
            side.append(outcome.credit[order])
    return np.stack(credits[0]), np.stack(credits[1]), sides[0].image[rows]


def _these_runs(
    control: Floats, treated: Floats, image: npt.NDArray[np.int64], rng: np.random.Generator
) -> Value | None:
    """The bootstrap over samples; None where all show one picture."""
    # Samples without a picture have nothing in common.
    clusters = np.where(image >= 0, image, -1 - np.arange(len(image)))
    interval = paired_bootstrap(control, treated, clusters, rng)
    if interval is None:
        return None
    mean = round(float((treated - control).mean()), _DECIMALS)
    return Value(mean, "points", interval.low, interval.high, len(image), sentences.THESE_RUNS)


def _all_strata(pairs: Pairs, sides: Sides) -> tuple[Strata, ...]:
    """Every column that both sides have, question_type first."""
    if not pairs or sides[0] is None or sides[1] is None:
        return ()
    columns = [name for name in sides[0].strata if name in sides[1].strata]
    columns.sort(key=lambda name: name != "question_type")
    return tuple(
        Strata(name, _rows(pairs, (sides[0].strata[name], sides[1].strata[name])))
        for name in columns
    )


def _rows(pairs: Pairs, groups: tuple[Groups, Groups]) -> tuple[StratumRow, ...]:
    """One column: Holm's correction is over the strata that have enough samples."""
    labels = tuple(dict.fromkeys((*groups[0].labels, *groups[1].labels)))
    read = [[_by_label(o, g, labels) for o, g in zip(pair, groups, strict=True)] for pair in pairs]
    means = np.array([[side[0] for side in pair] for pair in read])
    counts = np.array([[side[1] for side in pair] for pair in read])
    least = counts.min(axis=(0, 1))
    shown = [each for each in np.argsort(-least, kind="stable") if counts[:, :, each].any()]
    tested = [each for each in shown if least[each] >= FEWEST_SAMPLES]
    found = {
        each: paired_t(
            np.round(means[:, 1, each] - means[:, 0, each], _DECIMALS), step=1 / least[each]
        )
        for each in tested
    }
    p_values = [found[each].p for each in tested]
    known = [p for p in p_values if p is not None]
    # Pairs are of the whole trial: either every stratum has a p or none has.
    adjusted = dict(zip(tested, holm(known), strict=True)) if known else {}
    return tuple(
        _row(labels[each], int(least[each]), found.get(each), adjusted.get(each)) for each in shown
    )


def _by_label(
    outcome: Outcome, groups: Groups, labels: Sequence[str]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Mean credit of each label (l; 0 where it has no sample) and its samples (l)."""
    number = {label: each for each, label in enumerate(labels)}
    place = np.array([number[each] for each in groups.labels], dtype=np.int64)
    codes = groups.codes[outcome.rows]
    known = codes >= 0
    at = place[codes[known]]
    counts = np.bincount(at, minlength=len(labels))
    sums = np.bincount(at, weights=outcome.credit[known], minlength=len(labels))
    return sums / np.maximum(counts, 1), counts.astype(np.int64)


def _row(label: str, count: int, found: Difference | None, adjusted: float | None) -> StratumRow:
    if found is None:
        nothing = Value(None, "points", how=sentences.TOO_FEW_SAMPLES)
        return StratumRow(label, count, nothing, None, "too_few")
    claim: StratumClaim = "none"
    if adjusted is None or found.mean is None:
        claim = "no_claim"
    elif adjusted < CLAIMED_BELOW and found.mean != 0:
        claim = "gain" if found.mean > 0 else "loss"
    return StratumRow(
        label, count, _value(found), None if adjusted is None else float(adjusted), claim
    )


def _forest(found: Difference, verdict: Verdict, strata: Sequence[Strata]) -> tuple[ForestRow, ...]:
    rows = [(sentences.ALL_TESTED, _value(found), verdict in ("gain", "loss"))]
    rows += [
        (row.label, row.difference, row.claim in ("gain", "loss"))
        for column in strata
        for row in column.rows
    ]
    return tuple(
        ForestRow(label, value.value, value.low, value.high, claimed)
        for label, value, claimed in rows
        if value.value is not None and value.low is not None and value.high is not None
    )


def _extra(pairs: Pairs) -> dict[str, Value]:
    """Differences of the further numbers that every trial left, over seeds; nothing is claimed."""
    if not pairs:
        return {}
    names = set.intersection(*(set(each.extra) for pair in pairs for each in pair))
    gaps = {
        name: np.round([t.extra[name] - c.extra[name] for c, t in pairs], _DECIMALS)
        for name in sorted(names)
    }
    return {
        name: _value(paired_t(gap), "number")
        for name, gap in gaps.items()
        if np.isfinite(gap).all()
    }
