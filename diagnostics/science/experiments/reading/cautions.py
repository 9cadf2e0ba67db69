"""What a result should be taken with caution for: a baseline that has not learnt its task.

One that was not trained to its end makes every treatment look like a cure: whatever it is, the
model still learns. One that is no better than the commonest answer cannot miss what it does not
use, and gains from whatever has that answer given oftener.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnostics.science.experiments.reading.commonest import has_learnt
from triage.science.words import gettext_noop

# In shares: the gain over the last third of the epochs, and the standard deviation over seeds,
# beyond which the baseline is not settled.
GAIN, SPREAD = 0.02, 0.02
LAST = 1 / 3


@dataclass(frozen=True)
class Caution:
    """English source texts without numbers or names: what is seen, and what to do."""

    name: str
    seen: str
    advice: str


STILL_RISING = Caution(
    "still_rising",
    gettext_noop(
        "The baseline was still learning when its training ended: accuracy rose by more than two "
        "points over the last third of its epochs."
    ),
    gettext_noop(
        "A model that has not learnt its task gains from any treatment. Run it again with more "
        "epochs before you conclude anything."
    ),
)
SCATTERED = Caution(
    "scattered",
    gettext_noop("The baseline’s seeds scatter: their standard deviation is above two points."),
    gettext_noop(
        "Training ends in different places by chance. Run it again with more epochs, or on more "
        "samples, before you conclude anything."
    ),
)
NOT_LEARNT = Caution(
    "not_learnt",
    gettext_noop(
        "Neither the baseline nor the arm that decides has learnt the task: they are not two "
        "points better than always giving the commonest answer of training to a question."
    ),
    gettext_noop(
        "What a model does not use it cannot miss, and a gain may be no more than the commonest "
        "answer given oftener. Train on more samples, for more epochs, or with a checkpoint, "
        "before you conclude anything."
    ),
)


def cautions(reading: Mapping[str, Any]) -> tuple[Caution, ...]:
    """What speaks against taking the stored reading (`Reading.as_dict`) at its word."""
    baseline = reading["arms"][0]
    found = []
    # Readings from before there was one have none.
    commonest = reading.get("commonest") or {}
    deciding = (baseline["name"], reading["conclusion"]["arm"])
    means = [arm["mean"]["value"] for arm in reading["arms"] if arm["name"] in deciding]
    if not has_learnt(means, commonest.get("value")):
        found.append(NOT_LEARNT)
    if last_gain(reading, baseline["words"]) > GAIN:
        found.append(STILL_RISING)
    spread = baseline["std"]["value"]
    if spread is not None and spread > SPREAD:
        found.append(SCATTERED)
    return tuple(found)


def last_gain(reading: Mapping[str, Any], words: str) -> float:
    """How much accuracy of the arm so called rose over the last third of its epochs, as a share.

    Between epochs that were read the curve is taken as straight; 0 where there is no curve, or one
    of a single point.
    """
    drawn = [
        series
        for chart in reading["charts"]
        if chart["name"] == "credit_curve"
        for series in chart["series"]
        if series["words"] == words
    ]
    if not drawn or len(drawn[0]["x"]) < 2:
        return 0.0
    epochs, accuracy = np.asarray(drawn[0]["x"]), np.asarray(drawn[0]["y"])
    start = np.interp((1 - LAST) * epochs[-1], epochs, accuracy)
    return float(accuracy[-1] - start)
