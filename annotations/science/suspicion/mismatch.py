"""How likely a sample is noise: a score without labels, and one fitted to people's verdicts.

The fitted score is cross-fitted: what is said of a judged sample comes from models that never saw
it, nor any other sample with its image. Only so may an interval use it and its ROC be believed; a
score fitted to the labels it is read on covers as little as 59 % (nominally 95 %).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FOLDS = 5
# Fewer verdicts than this, or fewer of either kind, fit noise: the label-free score is better.
FEWEST_VERDICTS = 40
FEWEST_OF_A_KIND = 10
# Strength of the L2 penalty, in standard deviations of the inputs.
PENALTY = 1.0


class TooFewVerdicts(ValueError):
    """There are too few verdicts to fit to; the message says how many there are."""


@dataclass(frozen=True)
class RocCurve:
    """Points of the curve from (0, 0) to (1, 1), its area, and a 95 % interval for the area."""

    false_positive: Floats
    true_positive: Floats
    auroc: float
    low: float
    high: float
    noisy: int
    clean: int


@dataclass(frozen=True)
class FittedScores:
    """Scores (n) of all samples; of judged ones they are cross-fitted. `weights`: of each input in
    standard deviations, the mean over the folds. `roc`: of the cross-fitted scores alone."""

    scores: Floats
    weights: dict[str, float]
    roc: RocCurve


def label_free_scores(ranks: Mapping[str, Floats]) -> tuple[Floats, dict[str, float]]:
    """Scores (n, percentile ranks 0..1 of the sum, 0.5 where nothing is known) and the weights.

    `ranks`: each input's rank from 0 to 1, 1 most suspicious, NaN for unknown. They enter as
    -log(1 - rank), Fisher's (1932) combination: noise is rare, so what counts is who stands at the
    very end. An input counts as far as the others bear it out: its weight is its loading on the
    first principal component (of pairwise correlations), none if that is negative.
    """
    names = sorted(name for name, values in ranks.items() if np.isfinite(values).any())
    count = len(next(iter(ranks.values())))
    if not names:
        return np.full(count, 0.5), {}
    evidence = np.vstack([-np.log1p(-np.minimum(ranks[name], 1 - 1e-9)) for name in names])
    known = np.isfinite(evidence)
    weights = _loadings(evidence, known)
    shares: Floats = np.where(known, weights[:, None], 0.0)
    sums: Floats = (shares * np.where(known, evidence, 0.0)).sum(axis=0)
    whole: Floats = shares.sum(axis=0)
    combined = np.where(whole > 0, sums / np.where(whole > 0, whole, 1.0), np.nan)
    return _percentiles(combined), dict(zip(names, weights.tolist(), strict=True))


def cross_fitted_scores(
    inputs: Mapping[str, Floats],
    judged: npt.NDArray[np.int64],
    noisy: npt.NDArray[np.bool_],
    groups: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> FittedScores:
    """Fit to verdicts and score everything.

    `inputs`: n values each, NaN for unknown. `judged` (m): which rows have a verdict; `noisy` (m)
    says which of them were noise; `groups` (m): rows of one group (an image) are never fitted to
    and scored at once. A logistic regression with an L2 penalty on standardised inputs: with the
    one or two hundred verdicts that audits give it ranks as well as boosted trees and its
    probabilities need little correction; they are calibrated by Platt's sigmoid, itself fitted to
    the other folds. Raises TooFewVerdicts.
    """
    counts = int(noisy.sum()), int((~noisy).sum())
    if len(judged) < FEWEST_VERDICTS or min(counts) < FEWEST_OF_A_KIND:
        raise TooFewVerdicts(
            f"{len(judged)} decided verdicts, {counts[0]} of them noise: at least "
            f"{FEWEST_VERDICTS} are needed and {FEWEST_OF_A_KIND} of either kind"
        )
    names, matrix = _design(inputs)
    folds = _grouped_folds(groups, noisy, rng)
    inside = np.zeros(len(judged))
    outside = np.zeros(len(matrix))
    weights = np.zeros(matrix.shape[1])
    for fold in range(FOLDS):
        held = folds == fold
        model = _logistic(matrix[judged[~held]], noisy[~held])
        inside[held] = model.decision_function(matrix[judged[held]])
        outside += model.decision_function(matrix) / FOLDS
        weights += model.coef_[0] / FOLDS
    scores = _platt(inside, noisy, outside)
    for fold in range(FOLDS):
        held = folds == fold
        scores[judged[held]] = _platt(inside[~held], noisy[~held], inside[held])
    found = dict(zip(names, weights.tolist(), strict=True))
    return FittedScores(scores, found, roc_curve(noisy, scores[judged]))


def roc_curve(noisy: npt.NDArray[np.bool_], scores: Floats, level: float = 0.95) -> RocCurve:
    """The ROC of `scores` against `noisy`, with DeLong's (1988) interval on the logit scale.

    Raises ValueError unless both kinds are there.
    """
    from scipy.special import expit, logit
    from scipy.stats import norm

    positive, negative = scores[noisy], scores[~noisy]
    if not len(positive) or not len(negative):
        raise ValueError("a ROC needs noisy and clean samples")
    cuts = np.unique(scores)[::-1]
    true = np.searchsorted(np.sort(-positive), -cuts, side="right") / len(positive)
    false = np.searchsorted(np.sort(-negative), -cuts, side="right") / len(negative)
    # Share of pairs that are in order, ties by half, for each noisy and each clean sample.
    by_positive = _placed(positive, negative)
    by_negative = 1.0 - _placed(negative, positive)
    area = float(by_positive.mean())
    variance = _mean_variance(by_positive) + _mean_variance(by_negative)
    low, high = 0.0, 1.0
    if 0 < area < 1:
        reach = float(norm.ppf((1 + level) / 2)) * variance**0.5 / (area * (1 - area))
        low, high = float(expit(logit(area) - reach)), float(expit(logit(area) + reach))
    return RocCurve(
        false_positive=np.concatenate(([0.0], false)),
        true_positive=np.concatenate(([0.0], true)),
        auroc=area,
        low=low,
        high=high,
        noisy=len(positive),
        clean=len(negative),
    )


def _loadings(evidence: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """First principal component of the inputs' correlations over rows known to both, cut at 0."""
    size = len(evidence)
    correlations = np.eye(size)
    for one in range(size):
        for other in range(one):
            both = known[one] & known[other]
            pair = np.vstack([evidence[one, both], evidence[other, both]])
            # A constant input correlates with nothing.
            if both.sum() > 2 and (pair.std(axis=1) > 1e-12).all():
                found = np.asarray(np.corrcoef(pair), dtype=np.float64)[0, 1]
                correlations[one, other] = correlations[other, one] = found
    first: Floats = np.asarray(np.linalg.eigh(correlations)[1])[:, -1]
    first = first * (1.0 if first.sum() >= 0 else -1.0)
    loadings: Floats = np.clip(first, 0.0, None)
    return loadings


def _percentiles(values: Floats) -> Floats:
    """Mid-percentile ranks 0..1; 0.5 for NaN."""
    from scipy.stats import rankdata

    known = np.isfinite(values)
    out = np.full(len(values), 0.5)
    if known.any():
        out[known] = (rankdata(values[known]) - 0.5) / known.sum()
    return out


def _placed(ones: Floats, others: Floats) -> Floats:
    """For each of `ones` the share of `others` below it, ties by half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, ones, side="left")
    upto = np.searchsorted(ordered, ones, side="right")
    shares: Floats = (below + upto) / (2 * len(others))
    return shares


def _mean_variance(values: Floats) -> float:
    """Variance of the mean of `values`; of a single one it is not known and taken as 1/4."""
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.25


def _design(inputs: Mapping[str, Floats]) -> tuple[list[str], Floats]:
    """Inputs that vary, standardised over all samples; unknown values at the median.

    An input that some samples lack gets a column that says so.
    """
    names, columns = [], []
    for name in sorted(inputs):
        values = np.asarray(inputs[name], dtype=np.float64)
        known = np.isfinite(values)
        if not known.any():
            continue
        filled = np.where(known, values, np.median(values[known]))
        for label, column in ((name, filled), (f"{name} is unknown", (~known).astype(np.float64))):
            spread = float(column.std())
            if spread > 1e-12:
                names.append(label)
                columns.append((column - column.mean()) / spread)
    if not columns:
        raise TooFewVerdicts("no input of the score varies: there is nothing to fit")
    return names, np.column_stack(columns)


def _grouped_folds(
    groups: npt.NDArray[np.int64], noisy: npt.NDArray[np.bool_], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """A fold for each verdict, groups whole and kinds spread evenly."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
    folds = np.full(len(groups), -1, dtype=np.int64)
    for fold, (_, held) in enumerate(splitter.split(np.zeros(len(groups)), noisy, groups)):
        folds[held] = fold
    for fold in range(FOLDS):
        left = noisy[folds != fold]
        if left.all() or not left.any():
            raise TooFewVerdicts("one image holds nearly all verdicts of one kind")
    return folds


def _logistic(matrix: Floats, noisy: npt.NDArray[np.bool_]) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0 / PENALTY, max_iter=1000).fit(matrix, noisy)


def _platt(logits: Floats, noisy: npt.NDArray[np.bool_], wanted: Floats) -> Floats:
    """Platt's (1999) sigmoid fitted to `logits`, read at `wanted`; it never turns the order."""
    from sklearn.linear_model import LogisticRegression

    sigmoid = LogisticRegression(C=1e3, max_iter=1000).fit(logits[:, None], noisy)
    slope = max(float(sigmoid.coef_[0, 0]), 1e-6)
    shares: Floats = 1.0 / (1.0 + np.exp(-(slope * wanted + float(sigmoid.intercept_[0]))))
    return shares
