"""Questions that ask where something is, by the words of their type."""

import re

import numpy as np

from diagnostics.science.measures.samples import Bools, Samples

SPATIAL = re.compile(r"posit|spati|where|locat|relat|direct|left|right", re.IGNORECASE)


def asks_for_place(samples: Samples) -> Bools:
    """Samples (n) whose question type speaks of a place or a relation."""
    types = samples.group("question_type")
    if types is None:
        return np.zeros(len(samples), dtype=bool)
    asks = np.array([SPATIAL.search(label) is not None for label in types.labels] + [False])
    return np.asarray(asks[types.codes])
