"""Influence of a run's training samples, from what its model reads before it answers."""

import numpy as np

from diagnostics.science.columns.influence import influences
from diagnostics.science.measures.samples import Floats, Samples, Vectors

# With fewer training samples a head says more of chance than of them.
LEAST_TRAIN = 30


def influence_numbers(samples: Samples, seed: int = 0) -> dict[str, Floats]:
    """`self_influence` and `influence_on_errors` (n each), NaN but for a draw of training samples.

    From the model's hidden states where the file brought them, which the head then reads as the
    model's own does; else from the embeddings. The errors are those of evaluation. Empty where the
    run has neither, no reference answers or fewer than 30 training samples that have both.
    """
    image, state, answer = samples.image_vectors, samples.state_vectors, samples.group("answer")
    if answer is None:
        return {}
    if state is not None:
        rows, features = state.rows, np.asarray(state.values, dtype=np.float64)
    elif image is not None:
        rows, features = _joined(image, samples.text_vectors)
    else:
        return {}
    labels, trained = answer.codes[rows], samples.in_split("train")[rows]
    asked = samples.error[rows] & ~trained
    if int((trained & (labels >= 0)).sum()) < LEAST_TRAIN:
        return {}
    found = influences(
        features[trained], labels[trained], features[asked], labels[asked], seed=seed
    )
    columns = {"self_influence": found.self_influence, "influence_on_errors": found.on_errors}
    spread = {name: np.full(len(samples), np.nan) for name in columns}
    for name, values in columns.items():
        spread[name][rows[trained]] = values
    return {name: values for name, values in spread.items() if np.isfinite(values).any()}


def _joined(image: Vectors, text: Vectors | None) -> tuple[np.ndarray, Floats]:
    """Rows (m) of samples that have all there is, and their features side by side (m, d)."""
    if text is None:
        return image.rows, _even(image.values)
    rows, first, second = np.intersect1d(image.rows, text.rows, return_indices=True)
    return rows, np.hstack([_even(image.values[first]), _even(text.values[second])])


def _even(values: np.ndarray) -> Floats:
    """Rows of length 1, centred and scaled to a spread of 1 as a whole.

    So image and text have the same say, however long and however alike their vectors are.
    """
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit = np.divide(values, lengths, out=np.zeros(values.shape), where=lengths > 0)
    centred = unit - unit.mean(axis=0) if len(unit) else unit
    spread = float(np.sqrt((centred**2).sum(axis=1).mean())) if len(unit) else 0.0
    return np.asarray(centred / spread if spread else centred, dtype=np.float64)
