"""What can be measured on one error sample from its own record and the run's training samples.

Each feature is one entry of `FEATURES`; a feature whose inputs are absent is null, never a guess,
and its entry says which field of the record would provide it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.record.candidate_lists import (
    candidate_lists,
    nth_probability,
    predictive_entropy,
    reference_rank,
)
from triage.science.record.grids import (
    Boxes,
    attention_boxes,
    attention_entropy,
    attention_hits,
    attention_in_boxes,
    boxes_of,
    overlap_with_best,
    stacks,
    to_shares,
)
from triage.science.record.records import BY_NAME
from triage.science.words import gettext_noop

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
        gettext_noop("probability of the model's answer when it sees only the image"),
        ("image_only",),
    ),
    Feature(
        "text_confidence",
        gettext_noop("probability of the model's answer when it sees only the text"),
        ("text_only",),
    ),
    Feature(
        "attention_entropy",
        gettext_noop("entropy of the image attention over log of its cells: 0 focused, 1 uniform"),
        ("attention",),
    ),
    Feature(
        "localization_iou",
        gettext_noop(
            # xgettext:no-python-format
            "overlap (IoU) of the predicted box, or of the smallest box with 80 % of the "
            "attention, with the best true box"
        ),
        ("boxes", gettext_noop("predicted_box or attention")),
    ),
    Feature(
        "attention_in_box",
        gettext_noop("share of the attention that lies inside the true boxes"),
        ("boxes", "attention"),
    ),
    Feature(
        "train_freq_of_template",
        gettext_noop("how many training samples share the question's template"),
        ("template", gettext_noop("split (with train rows)")),
    ),
    Feature(
        "domain_ood_score",
        gettext_noop(
            "how far the sample lies from the training samples, as a percentile of their own "
            "distances"
        ),
        (gettext_noop("split (with train rows)"),),
    ),
    Feature(
        "predictive_entropy",
        gettext_noop(
            "entropy of the candidates' probabilities over log of their number: 0 sure, 1 "
            "flat"
        ),
        ("candidates",),
    ),
    Feature("top_margin", gettext_noop(
        "probability of the best candidate minus the "
        "next"
    ), ("candidates",)),
    Feature(
        "reference_rank",
        gettext_noop("place of a reference answer among the candidates, from 1"),
        ("candidates", "answers"),
    ),
    Feature(
        "image_text_similarity",
        gettext_noop("cosine of image and text embedding (one space: CLIP, SigLIP or given)"),
        (gettext_noop("image_embedding and text_embedding, or a CLIP-type encoder"),),
    ),
    Feature(
        "mean_loss", gettext_noop("mean of the recorded training losses"), ("loss",)
    ),
)  # fmt: skip
NAMES = tuple(feature.name for feature in FEATURES)
FEATURE_NAMED = {feature.name: feature for feature in FEATURES}


def compute_features(
    samples: pa.Table,
    train: pa.Table,
    *,
    sizes: Sequence[tuple[int, int] | None],
    error_vectors: np.ndarray | None = None,
    train_vectors: np.ndarray | None = None,
    own_rows: np.ndarray | None = None,
    similarity: np.ndarray | None = None,
) -> pa.Table:
    """One row a sample: position, sample_id and every feature as a nullable double.

    `sizes`: (width, height) in pixels of each sample's image, or None. `error_vectors` (n, d) and
    `train_vectors` (m, d) lie in one embedding space; `own_rows` (n,) says which of the training
    vectors a sample itself is, -1 for none. `similarity`: n cosines, NaN where unknown.
    """
    count = samples.num_rows
    measured = of_record(samples, sizes)
    measured["train_freq_of_template"] = train_frequency(samples, train)
    measured["domain_ood_score"] = _whole(
        out_of_domain(error_vectors, train_vectors, own_rows), count
    )
    measured["image_text_similarity"] = _whole(similarity, count)
    keys = {name: samples[name] for name in ("position", "sample_id")}
    return pa.table({**keys, **{name: _nullable(measured[name]) for name in NAMES}})


def of_record(
    samples: pa.Table, sizes: Sequence[tuple[int, int] | None]
) -> dict[str, npt.NDArray[np.float64]]:
    """What each sample's own record says, n numbers by name, NaN where it does not say.

    Beside the features: `attention_hit` (1 where the peak lies in a true box), `predicted_box_iou`,
    `top_probability` and `candidate_count`. `reference_rank` is inf where no candidate is right.
    """
    columns = {name: _column(samples, name) for name in _USED}
    lists = candidate_lists(columns["candidates"])
    pixels = np.array([size or (np.nan, np.nan) for size in sizes], dtype=float).reshape(-1, 2)
    return {
        "image_confidence": _confidence(columns["image_only"]),
        "text_confidence": _confidence(columns["text_only"]),
        **_of_attention(columns, boxes_of(columns["boxes"], pixels), pixels),
        "predictive_entropy": predictive_entropy(lists),
        "top_margin": nth_probability(lists, 0) - nth_probability(lists, 1),
        "top_probability": nth_probability(lists, 0),
        "candidate_count": lists.counts.astype(float),
        "reference_rank": reference_rank(lists, columns["answers"]),
        "mean_loss": _mean_loss(columns["loss"]),
    }


def _of_attention(
    columns: Mapping[str, pa.ChunkedArray], boxes: Boxes, pixels: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[np.float64]]:
    """Entropy, share in the true boxes, peak in them, and the overlap of boxes."""
    count = len(pixels)
    entropy, inside, hit = (np.full(count, np.nan) for _ in range(3))
    box = np.full((count, 4), np.nan)
    for rows, grids in stacks(columns["attention"]):
        entropy[rows] = attention_entropy(grids)
        own = _boxes_among(boxes, rows, count)
        inside[rows], hit[rows] = attention_in_boxes(grids, own), attention_hits(grids, own)
        # A box around the attention is only needed where there is a true one to compare it with.
        boxed = np.unique(own.owner)
        box[rows[boxed]] = attention_boxes(grids[boxed])
    predicted = _predicted(columns["predicted_box"], pixels)
    # A box that the model gave stands, even one that cannot be placed: no second guess.
    given = columns["predicted_box"].is_valid().to_numpy()
    return {
        "attention_entropy": entropy,
        "attention_in_box": inside,
        "attention_hit": hit,
        "predicted_box_iou": overlap_with_best(predicted, boxes),
        "localization_iou": overlap_with_best(np.where(given[:, None], predicted, box), boxes),
    }


def _boxes_among(boxes: Boxes, rows: npt.NDArray[np.int64], count: int) -> Boxes:
    """The boxes of the samples at `rows`, their owners as places in `rows`."""
    place = np.full(count, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    kept = place[boxes.owner] >= 0
    return Boxes(place[boxes.owner[kept]], boxes.values[kept])


def _predicted(column: pa.ChunkedArray, pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The model's boxes (n, 4) in 0..1, NaN where there is none or it cannot be placed."""
    given = column.is_valid().to_numpy()
    found = np.full((len(column), 4), np.nan)
    flat = column.drop_null().combine_chunks().flatten().to_numpy(zero_copy_only=False)
    found[given] = to_shares(flat.astype(float).reshape(-1, 4), pixels[given])
    return found


def train_frequency(samples: pa.Table, train: pa.Table) -> npt.NDArray[np.float64]:
    """How many training samples share each sample's template; NaN without one, or without any."""
    if "template" not in train.column_names or train["template"].null_count == train.num_rows:
        return np.full(samples.num_rows, np.nan)
    known = train["template"].drop_null().value_counts()
    names, counts = pc.struct_field(known, "values"), pc.struct_field(known, "counts")
    own = _column(samples, "template")
    place = pc.index_in(own, value_set=names)
    found = pc.fill_null(pc.take(counts, place), 0).to_numpy().astype(float)
    return np.where(own.is_valid().to_numpy(), found, np.nan)


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


def _confidence(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return _floats(pc.struct_field(column, "confidence"))


def _mean_loss(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Mean over the recorded epochs."""
    counts = _floats(pc.list_value_length(column))
    owner = np.repeat(np.arange(len(column)), np.nan_to_num(counts).astype(np.int64))
    sums = np.bincount(owner, weights=_floats(pc.list_flatten(column)), minlength=len(column))
    return np.asarray(np.divide(sums, counts, out=np.full(len(column), np.nan), where=counts > 0))


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Numbers with NaN for null."""
    return np.asarray(column.to_numpy(), dtype=float) if len(column) else np.zeros(0)


def _column(samples: pa.Table, name: str) -> pa.ChunkedArray:
    """A record column, all null where the table lacks it."""
    if name in samples.column_names:
        return samples[name].cast(BY_NAME[name].arrow)
    return pa.chunked_array([pa.nulls(samples.num_rows, BY_NAME[name].arrow)])


def _whole(values: np.ndarray | None, count: int) -> npt.NDArray[np.float64]:
    return np.full(count, np.nan) if values is None else np.asarray(values, dtype=float)


def _nullable(values: npt.NDArray[np.float64]) -> pa.Array:
    """NaN and infinity become null."""
    return pa.array(values, pa.float64(), mask=~np.isfinite(values))


_USED = (
    "image_only", "text_only", "attention", "boxes", "predicted_box", "candidates", "answers",
    "loss",
)  # fmt: skip
