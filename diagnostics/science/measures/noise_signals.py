"""What training says of noise: samples that are never learnt, forgotten, stand apart, or do harm.

A loss is read as cross-entropy, so exp(-loss) is the probability that the model gave the reference
answer at that epoch. A sample is learnt at an epoch where that probability is above a half.
"""

import warnings
from dataclasses import replace

import numpy as np

from diagnostics.science.measures.influential import absent_fields, figures_of, tables_of
from diagnostics.science.measures.results import (
    Behind,
    Chart,
    Figure,
    Measure,
    Result,
    Series,
    Value,
)
from diagnostics.science.measures.samples import Bools, Floats, Samples
from triage.science.store.error_rates import clopper_pearson
from triage.science.words import gettext_noop as _

# Modified z-score beyond which a value is called an outlier (Iglewicz and Hoaglin 1993).
OUTLYING = 3.5
# A spike: learnt at one epoch, and at the next with less than this probability.
LOST_BELOW = 0.1
MOST_SHOWN = 200
BINS = 30
# A loss of 0 would be an infinite margin.
_SMALLEST = 1e-9


def compute(samples: Samples) -> Result:
    """Signals of noise in the losses and in the influence of training samples."""
    losses = _of_losses(samples)
    return replace(
        losses,
        figures=losses.figures + figures_of(samples),
        tables=tables_of(samples),
        absent=losses.absent + absent_fields(samples),
    )


def _of_losses(samples: Samples) -> Result:
    """What losses say of training samples (of all samples, where none is in train)."""
    losses = samples.losses
    if losses is None:
        return Result(absent=("loss",), note=_("No loss was recorded."))
    chosen = samples.in_split("train")
    chosen = (chosen if chosen.any() else ~chosen) & np.isfinite(losses).any(axis=1)
    if not chosen.any():
        return Result(absent=("loss",), note=_("No training sample has a loss."))
    own = losses[chosen]
    positions = samples.position[chosen]
    probability = np.exp(-np.maximum(own, 0.0))
    margins = mean_margin(own)
    figures = [
        _share(
            "extreme_loss",
            _("Training samples whose loss is extreme"),
            modified_z(_mean(own)) > OUTLYING,
            positions,
            _mean(own),
        )
    ]
    if own.shape[1] > 1:
        figures += _over_epochs(probability, margins, positions)
    figures.append(_margin_figure(margins, positions))
    charts = (_histogram(margins),) + ((_course(own),) if own.shape[1] > 1 else ())
    absent = () if own.shape[1] > 1 else (_("loss (one per epoch)"),)
    return Result(tuple(figures), charts=charts, absent=absent)


def mean_margin(losses: Floats) -> Floats:
    """Area under the margin (n): log p - log(1 - p) of the reference answer, mean over epochs.

    Pleiss et al. (2020) take the reference's logit minus the largest other one; from a loss alone
    the margin to all other answers together is known, the same for two answers and less for more.
    """
    own = np.maximum(losses, _SMALLEST)
    return _mean(-own - np.log(-np.expm1(-own)))


def forgetting_events(probability: Floats) -> Floats:
    """How often each sample (n, epochs) was learnt at one recorded epoch and not at the next.

    Toneva et al. (2019), with epochs in place of mini-batches.
    """
    learnt = probability > 0.5
    known = np.isfinite(probability)
    lost = learnt[:, :-1] & ~learnt[:, 1:] & known[:, :-1] & known[:, 1:]
    return np.asarray(lost.sum(axis=1), dtype=np.float64)


def modified_z(values: Floats) -> Floats:
    """0.6745 (x - median) / median absolute deviation; 0 where nothing deviates."""
    middle = np.median(values)
    spread = np.median(np.abs(values - middle))
    if spread == 0:
        return np.zeros(len(values))
    return np.asarray(0.6745 * (values - middle) / spread)


def _over_epochs(probability: Floats, margins: Floats, positions: np.ndarray) -> list[Figure]:
    events = forgetting_events(probability)
    never = ~np.asarray((np.nan_to_num(probability) > 0.5).any(axis=1), dtype=bool)
    known = np.isfinite(probability[:, :-1]) & np.isfinite(probability[:, 1:])
    spike = (probability[:, :-1] > 0.5) & (probability[:, 1:] < LOST_BELOW) & known
    return [
        _share(
            "never_learnt",
            _("Training samples that were never learnt"),
            never,
            positions,
            -margins,
        ),
        _share(
            "forgotten",
            _("Training samples that were learnt and forgotten"),
            events > 0,
            positions,
            events,
        ),
        _share(
            "loss_spike",
            _("Training samples whose loss jumped up after they were learnt"),
            np.asarray(spike.any(axis=1), dtype=bool),
            positions,
            spike.sum(axis=1) - margins / 1000,
        ),
    ]


def _share(name: str, words: str, found: Bools, positions: np.ndarray, rank: Floats) -> Figure:
    """The share of samples that are `found`, and which: those that rank highest first."""
    count = np.array([len(found)])
    low, high = clopper_pearson(np.array([found.sum()]), count)
    order = np.argsort(-rank[found], kind="stable")[:MOST_SHOWN]
    behind = Behind(positions=tuple(int(each) for each in positions[found][order]))
    value = Value(
        float(found.mean()), "share", float(low[0]), float(high[0]), len(found), "Clopper–Pearson"
    )
    return Figure(name, words, value, behind=behind)


def _margin_figure(margins: Floats, positions: np.ndarray) -> Figure:
    figure = _share(
        "negative_margin",
        _("Training samples that the model kept calling something else"),
        margins < 0,
        positions,
        -margins,
    )
    note = _(
        "Area under the margin below 0: on average the other answers together had more weight."
    )
    return Figure(figure.name, figure.words, figure.value, note, figure.behind)


def _histogram(margins: Floats) -> Chart:
    counts, edges = np.histogram(margins, bins=BINS)
    series = Series(
        _("training samples"),
        tuple(edges.tolist()),
        tuple((counts / counts.sum()).tolist()),
        counts=tuple(counts.tolist()),
    )
    return Chart(
        "margins",
        _("Area under the margin"),
        "bins",
        _("margin of the reference answer, mean over epochs"),
        _("share of training samples"),
        (series,),
    )


def _course(losses: Floats) -> Chart:
    """Median loss at every epoch with its quartiles."""
    low, middle, high = np.nanpercentile(losses, [25, 50, 75], axis=0)
    series = Series(
        _("median, with quartiles"),
        tuple(float(epoch) for epoch in range(1, losses.shape[1] + 1)),
        tuple(middle.tolist()),
        tuple(low.tolist()),
        tuple(high.tolist()),
    )
    return Chart(
        "course",
        _("Loss over the epochs"),
        "line",
        _("epoch"),
        _("loss"),
        (series,),
    )


def _mean(values: Floats) -> Floats:
    """Mean over the recorded epochs (n)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=1))


MEASURE = Measure(
    "noise_signals",
    _("Noise signals"),
    _("Which training samples resist being learnt, as mislabelled ones do?"),
    compute,
)
