"""What the model looks at: how spread its attention is, and whether it lies on what is asked."""

import numpy as np

from diagnostics.science.measures.places import asks_for_place
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
from diagnostics.science.measures.values import (
    difference_of,
    mean_difference,
    mean_of,
    named,
    share_of,
)
from triage.science.words import gettext_noop

DIFFUSE = 0.9
OFF_MASS = 0.2
OFF_IOU = 0.1
BINS = 20
LEAST = 20
WHERE = gettext_noop("questions that ask for a place")
LOOKED = {
    "attention_entropy": (
        gettext_noop("Spread of the attention, 0 focused to 1 uniform"),
        "attention",
    ),
    "attention_in_box": (gettext_noop("Share of the attention inside the true boxes"), "boxes"),
    "attention_hit": (gettext_noop("Samples whose attention peaks inside a true box"), "boxes"),
    "localization_iou": (
        gettext_noop("Overlap of where the model looks with the true box"),
        "boxes",
    ),
    "predicted_box_iou": (
        gettext_noop("Overlap of the predicted box with the true box"),
        "predicted_box",
    ),
}


def compute(samples: Samples) -> Result:
    """Attention and boxes of right answers and errors, overall and where a place is asked."""
    chosen = samples.evaluated()
    known = {name: found for name in LOOKED if (found := samples.number(name)) is not None}
    absent = tuple(dict.fromkeys(LOOKED[name][1] for name in LOOKED if name not in known))
    figures: list[Figure] = []
    for name, looked in known.items():
        figures += _held(samples, chosen, name, LOOKED[name][0], looked)
    figures += _astray(samples, chosen, known)
    places = asks_for_place(samples) & chosen
    if places.any():
        figures += [
            each for name in known for each in _of_places(samples, places, name, known[name])
        ]
    figures += _place_gap(samples, places, chosen & ~places)
    charts = tuple(
        _spread(samples, chosen, name, LOOKED[name][0], known[name])
        for name in ("attention_entropy", "attention_in_box", "localization_iou")
        if name in known and (chosen & np.isfinite(known[name])).any()
    )
    return Result(tuple(figures), charts=charts, absent=absent)


def _place_gap(samples: Samples, places: Bools, others: Bools) -> list[Figure]:
    """How much more often questions for a place go wrong, in evaluation."""
    if min(places.sum(), others.sum()) < LEAST:
        return []
    sides = [(int((side & samples.error).sum()), int(side.sum())) for side in (places, others)]
    words = gettext_noop("Error rate of questions that ask for a place minus the others")
    behind = named(samples.position, places & samples.error)
    return [Figure("place_gap", words, difference_of(*sides), behind=behind)]


def _held(samples: Samples, chosen: Bools, name: str, words: str, looked: Floats) -> list[Figure]:
    """The mean, and how errors differ from right answers."""
    wrong, right = looked[chosen & samples.error], looked[chosen & ~samples.error]
    return [
        Figure(name, words, mean_of(looked[chosen]), behind=_worst(samples, chosen, name, looked)),
        Figure(
            f"{name}_gap", f"{words}: errors minus right answers", mean_difference(wrong, right)
        ),
    ]


def _worst(samples: Samples, chosen: Bools, name: str, looked: Floats) -> Behind:
    """The errors, those first that look at nothing in particular or farthest from the box."""
    rank = looked if name == "attention_entropy" else -looked
    return named(samples.position, chosen & samples.error & np.isfinite(looked), rank)


def _astray(samples: Samples, chosen: Bools, known: dict[str, Floats]) -> list[Figure]:
    """Errors that looked at nothing in particular, or elsewhere."""
    figures = []
    for name, words, test in (
        ("attention_entropy", gettext_noop("Errors with diffuse attention (0.9 or more)"), _over),
        (
            "attention_in_box",
            gettext_noop("Errors with less than a fifth of the attention on the box"),
            _off,
        ),
        (
            "localization_iou",
            gettext_noop("Errors that looked elsewhere (overlap below 0.1)"),
            _away,
        ),
    ):
        if name not in known:
            continue
        looked = known[name]
        here = chosen & samples.error & np.isfinite(looked)
        found = here & test(looked)
        rank = looked if name == "attention_entropy" else -looked
        figures.append(
            Figure(
                f"{name}_astray",
                words,
                share_of(int(found.sum()), int(here.sum())),
                behind=named(samples.position, found, rank),
                beside=_beside(samples, chosen, test(looked), looked),
            )
        )
    return figures


def _over(looked: Floats) -> Bools:
    return looked >= DIFFUSE


def _off(looked: Floats) -> Bools:
    return looked < OFF_MASS


def _away(looked: Floats) -> Bools:
    return looked < OFF_IOU


def _beside(samples: Samples, chosen: Bools, found: Bools, looked: Floats) -> Value:
    """The same share of right answers."""
    here = chosen & ~samples.error & np.isfinite(looked)
    return share_of(int((here & found).sum()), int(here.sum()))


def _of_places(samples: Samples, places: Bools, name: str, looked: Floats) -> list[Figure]:
    words = LOOKED[name][0]
    wrong, right = looked[places & samples.error], looked[places & ~samples.error]
    return [
        Figure(
            f"{name}_places",
            words,
            mean_of(looked[places]),
            of=WHERE,
            behind=_worst(samples, places, name, looked),
        ),
        Figure(
            f"{name}_places_gap",
            f"{words}: errors minus right answers",
            mean_difference(wrong, right),
            of=WHERE,
        ),
    ]


def _spread(samples: Samples, chosen: Bools, name: str, words: str, looked: Floats) -> Chart:
    """Histograms of errors and right answers, each as shares of its own."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    series = []
    for kind, rows in (
        (gettext_noop("right answers"), ~samples.error),
        (gettext_noop("errors"), samples.error),
    ):
        own = looked[chosen & rows & np.isfinite(looked)]
        counts, _ = np.histogram(np.clip(own, 0, 1), edges)
        shares = counts / max(counts.sum(), 1)
        series.append(
            Series(
                kind,
                tuple(((edges[1:] + edges[:-1]) / 2).tolist()),
                tuple(shares.tolist()),
                counts=tuple(counts.tolist()),
            )
        )
    return Chart(
        f"{name}_spread", words, "line", words, gettext_noop("share of samples"), tuple(series)
    )


MEASURE = Measure(
    "alignment",
    gettext_noop("Alignment signals"),
    gettext_noop("Does the model look at what the question is about?"),
    compute,
)


# Sentences that are put together above, whole for the catalogue of translations.
COMPOSED = (
    gettext_noop("Spread of the attention, 0 focused to 1 uniform: errors minus right answers"),
    gettext_noop("Share of the attention inside the true boxes: errors minus right answers"),
    gettext_noop("Samples whose attention peaks inside a true box: errors minus right answers"),
    gettext_noop("Overlap of where the model looks with the true box: errors minus right answers"),
    gettext_noop("Overlap of the predicted box with the true box: errors minus right answers"),
)
