"""Whether the model knows when it is wrong: calibration, spread of the candidates, abstaining."""

import numpy as np
import numpy.typing as npt

from annotations.science.suspicion.mismatch import roc_curve
from diagnostics.science.measures.results import Chart, Figure, Measure, Result, Series, Value
from diagnostics.science.measures.samples import Bools, Floats, Samples
from diagnostics.science.measures.values import mean_difference, mean_of, named, share_of
from triage.science.store.error_rates import clopper_pearson
from triage.science.words import gettext_noop

BINS = 15
OVERCONFIDENT = 0.9
RESAMPLES = 500
# The bootstrap draws from at most this many samples: its interval no longer moves with more.
MOST_RESAMPLED = 20_000
SPREADS = {
    "predictive_entropy": gettext_noop("Entropy of the candidates"),
    "top_margin": gettext_noop("Lead of the first candidate"),
}


def compute(samples: Samples) -> Result:
    """Calibration of the confidence, and what it and the candidates say of errors."""
    chosen = samples.evaluated()
    confidence = samples.number("confidence")
    confidence = samples.number("top_probability") if confidence is None else confidence
    figures: list[Figure] = []
    charts: list[Chart] = []
    absent: list[str] = []
    if confidence is None:
        absent.append("confidence")
    else:
        here = chosen & np.isfinite(confidence)
        if here.any():
            figures += _calibration(samples, here, confidence)
            charts += [
                _reliability(samples, here, confidence),
                _selective(samples, here, confidence),
            ]
    for name, words in SPREADS.items():
        spread = samples.number(name)
        if spread is None:
            absent += [] if "candidates" in absent else ["candidates"]
        else:
            figures += _spread(samples, chosen, name, words, spread)
    return Result(tuple(figures), charts=tuple(charts), absent=tuple(absent))


def calibration_error(
    confidence: Floats, right: Floats, edges: Floats, weights: Floats | None = None
) -> float:
    """Expected calibration error (Naeini et al. 2015; Guo et al. 2017) over bins (low, high].

    The weighted mean of |mean credit - mean confidence|; `weights` (n) count samples.
    """
    own = np.ones(len(confidence)) if weights is None else weights
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, len(edges) - 2)
    gap = np.bincount(place, weights=own * (right - confidence), minlength=len(edges) - 1)
    return float(np.abs(gap).sum() / own.sum())


def equal_mass_edges(confidence: Floats, bins: int = BINS) -> Floats:
    """Edges that leave about as many samples in each bin; equal values are never parted."""
    inner = np.unique(np.quantile(confidence, np.arange(1, bins) / bins))
    return np.concatenate([[-np.inf], inner[inner < confidence.max()], [np.inf]])


def area_under_risk(confidence: Floats, credit: Floats) -> float:
    """Area under the risk-coverage curve (Geifman and El-Yaniv 2017): mean error of the most
    confident k samples over all k; samples of equal confidence share their mean."""
    return float((1.0 - _running_credit(confidence, credit)).mean())


def _running_credit(confidence: Floats, credit: Floats) -> Floats:
    """Mean credit of the most confident k samples for k = 1 … n."""
    order = np.argsort(-confidence, kind="stable")
    _, inverse, counts = np.unique(-confidence[order], return_inverse=True, return_counts=True)
    tied = np.bincount(inverse, weights=credit[order]) / counts
    return np.asarray(np.cumsum(tied[inverse]) / np.arange(1, len(order) + 1))


def _calibration(samples: Samples, here: Bools, confidence: Floats) -> list[Figure]:
    own, right = confidence[here], samples.credit[here]
    wide, massed = np.linspace(0, 1, BINS + 1), equal_mass_edges(own)
    gap = mean_of(own - right, "points")
    errors = here & samples.error
    over = errors & (confidence >= OVERCONFIDENT)
    surest = named(samples.position, errors, confidence)
    figures = [
        Figure(
            "ece",
            gettext_noop("Expected calibration error"),
            _with_bootstrap(own, right, wide),
            gettext_noop(
                "15 bins of equal width. Small samples of a calibrated model have some by chance."
            ),
            surest,
        ),
        Figure(
            "ece_equal_mass",
            gettext_noop("The same in bins of equal mass"),
            _with_bootstrap(own, right, massed),
            behind=surest,
        ),
        Figure(
            "overconfidence", gettext_noop("Mean confidence minus accuracy"), gap, behind=surest
        ),
        Figure(
            "sure_errors",
            # xgettext:no-python-format
            gettext_noop("Errors made with a confidence of 90 % or more"),
            share_of(int(over.sum()), int(errors.sum())),
            behind=named(samples.position, over, confidence),
        ),
        Figure(
            "area_under_risk",
            gettext_noop("Area under risk and coverage"),
            Value(area_under_risk(own, right), "number", count=len(own)),
            gettext_noop("Mean error over all shares of the most confident; lower is better."),
            surest,
        ),
    ]
    auroc = _auroc(samples.error[here], -own)
    return [*figures, auroc] if auroc else figures


def _with_bootstrap(confidence: Floats, right: Floats, edges: Floats) -> Value:
    """The error with a percentile bootstrap over samples, moved by the bias that it shows.

    Resampling adds scatter that bins turn into error; what it adds on average is taken off.
    """
    found = calibration_error(confidence, right, edges)
    rng = np.random.default_rng(0)
    n = len(confidence)
    drawn = rng.permutation(n)[:MOST_RESAMPLED]
    size = len(drawn)
    made = np.array(
        [
            calibration_error(
                confidence[drawn],
                right[drawn],
                edges,
                np.bincount(rng.integers(0, size, size), minlength=size).astype(float),
            )
            for _ in range(RESAMPLES)
        ]
    )
    # Fewer samples scatter more than all of them would.
    spread = (made - made.mean()) * (size / n) ** 0.5
    low, high = np.quantile(spread, [0.025, 0.975])
    return Value(
        found,
        "share",
        max(found + float(low), 0.0),
        found + float(high),
        n,
        gettext_noop("bootstrap"),
    )


def _auroc(error: Bools, doubt: Floats) -> Figure | None:
    """How well doubt tells errors from right answers."""
    if not error.any() or error.all():
        return None
    roc = roc_curve(error, doubt)
    value = Value(roc.auroc, "number", roc.low, roc.high, len(error), "DeLong")
    return Figure(
        "confidence_auroc",
        gettext_noop("How well low confidence tells errors (AUROC)"),
        value,
        gettext_noop("0.5 would be a coin."),
    )


def _spread(samples: Samples, chosen: Bools, name: str, words: str, spread: Floats) -> list[Figure]:
    wrong, right = spread[chosen & samples.error], spread[chosen & ~samples.error]
    # The least settled first.
    rank = spread if name == "predictive_entropy" else -spread
    return [
        Figure(
            f"{name}_of_errors",
            f"{words}: mean of errors",
            mean_of(wrong),
            behind=named(samples.position, chosen & samples.error & np.isfinite(spread), rank),
        ),
        Figure(
            f"{name}_of_right",
            f"{words}: mean of right answers",
            mean_of(right),
            behind=named(samples.position, chosen & ~samples.error & np.isfinite(spread), rank),
        ),
        Figure(
            f"{name}_gap", f"{words}: errors minus right answers", mean_difference(wrong, right)
        ),
    ]


def _reliability(samples: Samples, here: Bools, confidence: Floats) -> Chart:
    """Accuracy in each bin of equal mass, at the bin's mean confidence, with exact intervals."""
    own, right = confidence[here], (~samples.error[here]).astype(float)
    edges = equal_mass_edges(own)
    place = np.clip(np.searchsorted(edges, own, side="left") - 1, 0, len(edges) - 2)
    counts = np.bincount(place, minlength=len(edges) - 1)
    filled = counts > 0
    sums = [
        np.bincount(place, weights=each, minlength=len(counts))[filled] for each in (own, right)
    ]
    n = counts[filled]
    low, high = clopper_pearson(sums[1], n)
    series = Series(
        gettext_noop("accuracy by confidence"),
        _tuple(sums[0] / n),
        _tuple(sums[1] / n),
        _tuple(low),
        _tuple(high),
        tuple(int(each) for each in n),
    )
    return Chart(
        "reliability",
        gettext_noop("Reliability"),
        "reliability",
        gettext_noop("mean confidence; on the dashed line it is what it promises"),
        gettext_noop("share right"),
        (series,),
        y_top=1.0,
    )


def _selective(samples: Samples, here: Bools, confidence: Floats) -> Chart:
    """Accuracy of the most confident share of samples."""
    running = _running_credit(confidence[here], samples.credit[here])
    shares = np.linspace(0.05, 1.0, 20)
    at = np.maximum(np.ceil(shares * len(running)).astype(int), 1) - 1
    series = Series(
        "accuracy", _tuple(shares), _tuple(running[at]), counts=tuple((at + 1).tolist())
    )
    return Chart(
        "selective",
        gettext_noop("Answering only when sure"),
        "line",
        gettext_noop("share of samples answered, most confident first"),
        gettext_noop("accuracy among them"),
        (series,),
        y_top=1.0,
        level=float(samples.credit[here].mean()),
    )


def _tuple(values: npt.ArrayLike) -> tuple[float, ...]:
    return tuple(float(each) for each in np.asarray(values))


MEASURE = Measure(
    "uncertainty",
    gettext_noop("Uncertainty"),
    gettext_noop("Does the model know when it is wrong?"),
    compute,
)


# Sentences that are put together above, whole for the catalogue of translations.
COMPOSED = (
    gettext_noop("Entropy of the candidates: mean of errors"),
    gettext_noop("Entropy of the candidates: mean of right answers"),
    gettext_noop("Entropy of the candidates: errors minus right answers"),
    gettext_noop("Lead of the first candidate: mean of errors"),
    gettext_noop("Lead of the first candidate: mean of right answers"),
    gettext_noop("Lead of the first candidate: errors minus right answers"),
)
