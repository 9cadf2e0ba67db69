"""What can be measured on one error sample from its own record and the run's training samples.

Each feature is one entry of `FEATURES`; a feature whose inputs are absent is null, never a guess,
and its entry says which field of the record would provide it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from triage.scoring import normalise

# Share of the attention that the smallest box around it has to hold.
ATTENTION_MASS = 0.8
# Neighbours whose mean distance says how far a sample lies from the training samples.
NEIGHBOURS = 10


@dataclass(frozen=True)
class Feature:
    """One measured quantity of an error sample."""

    name: str
    description: str
    needs: tuple[str, ...]


FEATURES: tuple[Feature, ...] = (
    Feature(
        "image_confidence",
        "probability of the model's answer when it sees only the image",
        ("image_only",),
    ),
    Feature(
        "text_confidence",
        "probability of the model's answer when it sees only the text",
        ("text_only",),
    ),
    Feature(
        "attention_entropy",
        "entropy of the image attention over log of its cells: 0 focused, 1 uniform",
        ("attention",),
    ),
    Feature(
        "localization_iou",
        "overlap (IoU) of the predicted box, or of the smallest box with 80 % of the attention, "
        "with the best true box",
        ("boxes", "predicted_box or attention"),
    ),
    Feature(
        "attention_in_box",
        "share of the attention that lies inside the true boxes",
        ("boxes", "attention"),
    ),
    Feature(
        "train_freq_of_template",
        "how many training samples share the question's template",
        ("template", "split (with train rows)"),
    ),
    Feature(
        "domain_ood_score",
        "how far the sample lies from the training samples, as a percentile of their own distances",
        ("split (with train rows)",),
    ),
    Feature(
        "predictive_entropy",
        "entropy of the candidates' probabilities over log of their number: 0 sure, 1 flat",
        ("candidates",),
    ),
    Feature("top_margin", "probability of the best candidate minus the next", ("candidates",)),
    Feature(
        "reference_rank",
        "place of a reference answer among the candidates, from 1",
        ("candidates", "answers"),
    ),
    Feature(
        "image_text_similarity",
        "cosine of image and text embedding (one space: CLIP, SigLIP or given)",
        ("image_embedding and text_embedding, or a CLIP-type encoder",),
    ),
    Feature(
        "mean_loss", "mean of the recorded training losses", ("loss",)
    ),
)  # fmt: skip
NAMES = tuple(feature.name for feature in FEATURES)


def compute_features(
    errors: pa.Table,
    train: pa.Table,
    *,
    sizes: Sequence[tuple[int, int] | None],
    error_vectors: np.ndarray | None = None,
    train_vectors: np.ndarray | None = None,
    own_rows: np.ndarray | None = None,
    similarity: np.ndarray | None = None,
) -> pa.Table:
    """One row an error sample: position, sample_id and every feature as a nullable double.

    `sizes`: (width, height) in pixels of each error's image, or None. `error_vectors` (n, d) and
    `train_vectors` (m, d) lie in one embedding space; `own_rows` (n,) says which of the training
    vectors an error itself is, -1 for none. `similarity`: n cosines, NaN where unknown.
    """
    rows = errors.select([name for name in _USED if name in errors.column_names]).to_pylist()
    columns: dict[str, list[float | None]] = {name: [] for name in NAMES}
    counts = template_counts(train)
    for row, size in zip(rows, sizes, strict=True):
        for name, measure in _BY_ROW.items():
            columns[name].append(measure(row, size))
        template = row.get("template")
        known = template is not None and counts is not None
        columns["train_freq_of_template"].append(
            float((counts or {}).get(template, 0)) if known else None
        )
    ood = out_of_domain(error_vectors, train_vectors, own_rows)
    columns["domain_ood_score"] = _nullable(ood, len(rows))
    columns["image_text_similarity"] = _nullable(similarity, len(rows))
    arrays = {name: pa.array(columns[name], pa.float64()) for name in NAMES}
    keys = {name: errors[name] for name in ("position", "sample_id")}
    return pa.table({**keys, **arrays})


def attention_entropy(grid: np.ndarray) -> float:
    """Shannon entropy of an H×W grid of weights over log(H·W); a single cell is focused (0)."""
    weights = np.asarray(grid, dtype=float).ravel()
    shares = weights / weights.sum()
    shares = shares[shares > 0]
    if weights.size < 2:
        return 0.0
    return float(-(shares * np.log(shares)).sum() / np.log(weights.size))


def iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes [x0, y0, x1, y1] in one unit."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    return shared / (areas - shared) if areas > shared else 0.0


def attention_box(grid: np.ndarray, mass: float = ATTENTION_MASS) -> tuple[float, ...]:
    """The smallest box of whole cells that holds `mass` of the attention, in 0..1.

    Exact: for every pair of row bounds and every right bound, the nearest left bound that suffices
    is looked up in the running sum. Of equal areas the one with more attention wins.
    """
    weights = np.asarray(grid, dtype=float)
    weights = weights / weights.sum()
    height, width = weights.shape
    rows = np.vstack([np.zeros(width), np.cumsum(weights, axis=0)])
    rights = np.arange(1, width + 1)
    best, found = (width * height + 1, 0.0), (0, 0, width, height)
    for top in range(height):
        for bottom in range(top + 1, height + 1):
            sums = np.concatenate([[0.0], np.cumsum(rows[bottom] - rows[top])])
            lefts = np.searchsorted(sums, sums[1:] - mass + 1e-9, side="right") - 1
            enough = np.flatnonzero(lefts >= 0)
            if not enough.size:
                continue
            areas = (rights - lefts)[enough] * (bottom - top)
            inside = (sums[1:] - sums[lefts])[enough]
            chosen = np.lexsort((-inside, areas))[0]
            rank = (int(areas[chosen]), -float(inside[chosen]))
            if rank < best:
                column = enough[chosen]
                best, found = rank, (int(lefts[column]), top, int(rights[column]), bottom)
    left, top, right, bottom = found
    return (left / width, top / height, right / width, bottom / height)


def attention_in_boxes(grid: np.ndarray, boxes: Sequence[Sequence[float]]) -> float:
    """Share of the attention inside the union of boxes (0..1), spread evenly within each cell.

    Exact: the edges of cells and boxes cut the image into rectangles, each wholly in or out.
    """
    weights = np.asarray(grid, dtype=float)
    height, width = weights.shape
    bounds = np.clip(np.asarray(boxes, dtype=float), 0.0, 1.0)
    x = np.unique(np.concatenate([np.arange(width + 1) / width, bounds[:, 0], bounds[:, 2]]))
    y = np.unique(np.concatenate([np.arange(height + 1) / height, bounds[:, 1], bounds[:, 3]]))
    middle_x, middle_y = (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2
    inside = np.zeros((middle_y.size, middle_x.size), dtype=bool)
    for x0, y0, x1, y1 in bounds:
        rows = (middle_y > y0) & (middle_y < y1)
        inside |= rows[:, None] & ((middle_x > x0) & (middle_x < x1))[None, :]
    cells = np.ix_((middle_y * height).astype(int), (middle_x * width).astype(int))
    parts = np.outer(np.diff(y), np.diff(x)) * width * height
    return float((weights[cells] * parts)[inside].sum() / weights.sum())


def to_shares(box: Sequence[float], size: tuple[int, int] | None) -> tuple[float, ...] | None:
    """A box in 0..1; None for pixels of an image whose size is not known."""
    if max(box) <= 1.0:
        return tuple(box)
    if size is None:
        return None
    width, height = size
    return (box[0] / width, box[1] / height, box[2] / width, box[3] / height)


def out_of_domain(
    errors: np.ndarray | None,
    train: np.ndarray | None,
    own_rows: np.ndarray | None = None,
    neighbours: int = NEIGHBOURS,
) -> np.ndarray | None:
    """Percentile (0..100) of each error's mean distance to its nearest training samples among the
    training samples' own leave-one-out distances; None without at least two training samples.

    `own_rows` (n,): the row of `train` that an error itself is (left out for it), or -1.
    """
    if errors is None or train is None or len(train) < 2 or not len(errors):
        return None
    from sklearn.neighbors import NearestNeighbors

    count = min(neighbours, len(train) - 1)
    index = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(train)

    def mean_distance(vectors: np.ndarray, left_out: np.ndarray) -> np.ndarray:
        """Over the `count` nearest training samples other than the one left out."""
        distances, found = index.kneighbors(vectors)
        # Putting it last drops it; where it is not found (or there is none) the farthest goes.
        distances[found == left_out[:, None]] = np.inf
        return np.asarray(np.sort(distances, axis=1)[:, :count].mean(axis=1))

    own = np.sort(mean_distance(train, np.arange(len(train))))
    nobody = np.full(len(errors), -1)
    far = mean_distance(errors, nobody if own_rows is None else own_rows)
    return np.asarray(100.0 * np.searchsorted(own, far, side="right") / len(own))


def template_counts(train: pa.Table) -> Mapping[str, int] | None:
    """How often each template occurs in training; None where no training row has one."""
    if "template" not in train.column_names:
        return None
    found = train["template"].drop_null().value_counts().to_pylist()
    return {each["values"]: each["counts"] for each in found} or None


def predictive_entropy(probabilities: Sequence[float]) -> float:
    """Entropy of the candidates over log of their number; mass outside the list is one more."""
    shares = np.asarray(probabilities, dtype=float)
    rest = 1.0 - shares.sum()
    shares = np.append(shares, rest) if rest > 1e-6 else shares
    if shares.size < 2:
        return 0.0
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum() / np.log(shares.size))


def reference_rank(candidates: Sequence[str], answers: Sequence[str]) -> int | None:
    """Place (from 1) of the first candidate that is a reference; None if none is."""
    wanted = {normalise(answer) for answer in answers}
    places = (i for i, each in enumerate(candidates, start=1) if normalise(each) in wanted)
    return next(places, None)


def _modality_probability(name: str) -> Callable[[dict[str, Any], Any], float | None]:
    def measure(row: dict[str, Any], size: Any) -> float | None:
        value = row.get(name)
        return None if value is None else value["confidence"]

    return measure


def _entropy(row: dict[str, Any], size: Any) -> float | None:
    grid = row.get("attention")
    return None if grid is None else attention_entropy(np.array(grid))


def _localization(row: dict[str, Any], size: tuple[int, int] | None) -> float | None:
    true = [box for each in row.get("boxes") or [] if (box := to_shares(each, size))]
    predicted: tuple[float, ...] | None = None
    if row.get("predicted_box") is not None:
        predicted = to_shares(row["predicted_box"], size)
    elif row.get("attention") is not None:
        predicted = attention_box(np.array(row["attention"]))
    if not true or predicted is None:
        return None
    return max(iou(predicted, box) for box in true)


def _in_box(row: dict[str, Any], size: tuple[int, int] | None) -> float | None:
    true = [box for each in row.get("boxes") or [] if (box := to_shares(each, size))]
    if not true or row.get("attention") is None:
        return None
    return attention_in_boxes(np.array(row["attention"]), true)


def _probabilities(row: dict[str, Any]) -> list[float]:
    found = [each["probability"] for each in row.get("candidates") or []]
    return [] if any(each is None for each in found) else found


def _predictive_entropy(row: dict[str, Any], size: Any) -> float | None:
    probabilities = _probabilities(row)
    return predictive_entropy(probabilities) if probabilities else None


def _margin(row: dict[str, Any], size: Any) -> float | None:
    probabilities = _probabilities(row)
    return probabilities[0] - probabilities[1] if len(probabilities) > 1 else None


def _rank(row: dict[str, Any], size: Any) -> float | None:
    if not row.get("candidates") or not row.get("answers"):
        return None
    return reference_rank([each["answer"] for each in row["candidates"]], row["answers"])


def _mean_loss(row: dict[str, Any], size: Any) -> float | None:
    return float(np.mean(row["loss"])) if row.get("loss") else None


def _nullable(values: np.ndarray | None, count: int) -> list[float | None]:
    if values is None:
        return [None] * count
    return [float(value) if np.isfinite(value) else None for value in values]


_BY_ROW: Mapping[str, Callable[[dict[str, Any], Any], float | None]] = {
    "image_confidence": _modality_probability("image_only"),
    "text_confidence": _modality_probability("text_only"),
    "attention_entropy": _entropy,
    "localization_iou": _localization,
    "attention_in_box": _in_box,
    "predictive_entropy": _predictive_entropy,
    "top_margin": _margin,
    "reference_rank": _rank,
    "mean_loss": _mean_loss,
}
_USED = (
    "image_only", "text_only", "attention", "boxes", "predicted_box", "candidates", "answers",
    "template", "loss",
)  # fmt: skip
