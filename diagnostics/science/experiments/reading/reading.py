"""From the outcomes of an experiment to what may be claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from diagnostics.science.experiments.design import sentences
from diagnostics.science.experiments.design.claims import (
    ArmReading,
    Comparison,
    Expectation,
    ForestRow,
    Met,
    Reading,
    TrialReading,
)
from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome
from diagnostics.science.experiments.reading.commonest import commonest_answer, has_learnt
from diagnostics.science.experiments.reading.comparing import Trials, adjusted_p, compare, pair
from diagnostics.science.experiments.reading.words_read import read_words
from diagnostics.science.measures.results import Chart, Series, Value

__all__ = ["Expectation", "Reading", "read"]


def read(
    design: Design,
    outcomes: Sequence[Outcome],
    material: Material,
    expectations: Mapping[str, Expectation],
) -> Reading:
    """What the trials say of every arm and its control; an experiment that still runs reads too.

    `outcomes`: in any order; of an arm with a seed the last counts. `expectations`: by the name of
    an arm; the first that the design has leads. The same input gives the same bits.
    """
    ended = {(each.arm, each.seed): each for each in outcomes}
    trials = {key: each for key, each in ended.items() if has_credits(each)}
    pairings = [pair(design, arm, trials) for arm in design.arms[1:]]
    leading = _leading(design, expectations)
    adjusted = adjusted_p(pairings, leading)
    comparisons = tuple(
        compare(
            design,
            each,
            adjusted.get(each.arm.name),
            material,
            expectations.get(each.arm.name),
            np.random.default_rng(place),
        )
        for place, each in enumerate(pairings, start=1)
    )
    by_role, by_word = read_words(design, trials, material)
    arms = tuple(_arm(design, arm, ended) for arm in design.arms)
    commonest = _commonest(design, trials, material)
    comparisons = tuple(_held_back(each, arms, trials, commonest) for each in comparisons)
    return Reading(
        arms=arms,
        comparisons=comparisons,
        charts=_curves(design, trials),
        forest=_forest(comparisons),
        conclusion=next(each.conclusion for each in comparisons if each.arm == leading),
        by_role=by_role,
        by_word=by_word,
        commonest=commonest,
    )


def has_credits(outcome: Outcome) -> bool:
    """The trial ended with a credit for every sample it tested."""
    return (
        outcome.state == "done"
        and len(outcome.credit) > 0
        and bool(np.isfinite(outcome.credit).all())
    )


def _arm(design: Design, arm: Arm, ended: Trials) -> ArmReading:
    found = [ended.get((arm.name, seed)) for seed in design.seeds]
    read_trials = [
        TrialReading(seed, "missing") if each is None else _trial(each)
        for seed, each in zip(design.seeds, found, strict=True)
    ]
    credits = [each.credit for each in read_trials if each.credit is not None]
    count = len(credits)
    mean = float(np.mean(credits)) if count else None
    std = float(np.std(credits, ddof=1)) if count > 1 else None
    done = [each for each in found if each is not None and has_credits(each)]
    return ArmReading(
        name=arm.name,
        words=arm.words,
        control=arm.control,
        factor=design.factor(arm),
        mean=Value(mean, "share", count=count, how=sentences.OVER_SEEDS),
        std=Value(std, "share", count=count, how=sentences.OVER_SEEDS_STD),
        trials=tuple(read_trials),
        extra=_extra(done),
    )


def _commonest(design: Design, trials: Trials, material: Material) -> Value | None:
    """Of the seeds that the baseline ended with; None where it cannot be told."""
    arm = design.arms[0]
    ended = [trials[arm.name, seed] for seed in design.seeds if (arm.name, seed) in trials]
    found = [
        value
        for each in ended
        if (value := commonest_answer(material, arm.settings, each.seed, each.rows)) is not None
    ]
    if not found:
        return None
    return Value(float(np.mean(found)), "share", count=len(found), how=sentences.OVER_SEEDS)


def _held_back(
    comparison: Comparison, arms: Sequence[ArmReading], trials: Trials, commonest: Value | None
) -> Comparison:
    """The comparison, which says nothing of the cause where nothing was changed, or learnt."""
    if comparison.verdict == "no_claim":
        return comparison
    pair = (comparison.arm, comparison.control)
    means = [each.mean.value for each in arms if each.name in pair]
    if _same(comparison, trials):
        words = sentences.SAME
    elif commonest is not None and not has_learnt(means, commonest.value):
        words = sentences.NOT_LEARNT
    else:
        return comparison
    met: Met = "open" if comparison.as_expected else ""
    said = replace(comparison.conclusion, means=words, as_expected=met)
    return replace(comparison, conclusion=said, as_expected=met)


def _same(comparison: Comparison, trials: Trials) -> bool:
    """Whether both arms answered alike to the last bit, as only the same model does."""
    return all(
        np.array_equal(one.rows, other.rows)
        and np.array_equal(one.credit, other.credit)
        and np.array_equal(one.predictions, other.predictions)
        and np.array_equal(one.confidence, other.confidence)
        for each in comparison.per_seed
        for one in (trials[comparison.control, each.seed],)
        for other in (trials[comparison.arm, each.seed],)
    )


def _trial(outcome: Outcome) -> TrialReading:
    if has_credits(outcome):
        credit = float(outcome.credit.mean())
        return TrialReading(outcome.seed, "done", credit, outcome.seconds)
    # Done without a credit is no result.
    state = "failed" if outcome.state == "done" else outcome.state
    why = outcome.why or (sentences.NO_CREDITS if outcome.state == "done" else "")
    return TrialReading(outcome.seed, state, None, outcome.seconds, why)


def _extra(done: Sequence[Outcome]) -> dict[str, Value]:
    """Means over seeds of the further numbers."""
    names = sorted({name for each in done for name in each.extra})
    known = {
        name: [o.extra[name] for o in done if np.isfinite(o.extra.get(name, np.nan))]
        for name in names
    }
    return {
        name: Value(float(np.mean(each)), "number", count=len(each), how=sentences.OVER_SEEDS)
        for name, each in known.items()
        if each
    }


def _curves(design: Design, trials: Trials) -> tuple[Chart, ...]:
    """Learning curves of every arm, as far as any trial has one."""
    charts = (
        ("loss_curve", sentences.LOSS_CURVE, sentences.MEAN_LOSS),
        ("credit_curve", sentences.CREDIT_CURVE, sentences.ACCURACY),
    )
    found = []
    for place, (name, words, y_words) in enumerate(charts):
        series = [_curve(design, arm, trials, place) for arm in design.arms]
        drawn = tuple(each for each in series if each.x)
        if drawn:
            found.append(Chart(name, words, "line", sentences.EPOCH, y_words, drawn))
    return tuple(found)


def _curve(design: Design, arm: Arm, trials: Trials, place: int) -> Series:
    """Mean over seeds after each epoch, and the least and greatest; epochs not read are left."""
    curves = [trials[arm.name, seed].curve for seed in design.seeds if (arm.name, seed) in trials]
    points = []
    for epoch in range(max((len(curve) for curve in curves), default=0)):
        values = [curve[epoch][place] for curve in curves if epoch < len(curve)]
        known = [value for value in values if np.isfinite(value)]
        if known:
            points.append((epoch + 1.0, float(np.mean(known)), min(known), max(known), len(known)))
    x, y, low, high, counts = zip(*points, strict=True) if points else ((), (), (), (), ())
    return Series(arm.words, x, y, low, high, counts)


def _forest(comparisons: Sequence[Comparison]) -> tuple[ForestRow, ...]:
    """All tested samples of every comparison."""
    return tuple(
        ForestRow(each.words, row.estimate, row.low, row.high, row.claimed)
        for each in comparisons
        for row in each.forest[:1]
        if each.verdict != "no_claim"
    )


def _leading(design: Design, expectations: Mapping[str, Expectation]) -> str:
    """The arm that the experiment is about: the first that something is expected of."""
    names = [arm.name for arm in design.arms[1:]]
    return next((name for name in expectations if name in names), names[0])
