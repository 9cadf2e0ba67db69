"""From a run's samples to features, clusters and cards: the analysis of its error samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.analysis.cluster_cards import ClusterCard, make_cards
from triage.science.analysis.clustering import UNCLUSTERED, cluster
from triage.science.analysis.encoders import LoadImage, encode, propose_encoder
from triage.science.analysis.features import compute_features
from triage.science.progress import Progress
from triage.science.store.store import RunFolder
from triage.science.words import gettext_noop as _

# Training samples that distances are measured to: a seeded draw of at most this many.
MOST_TRAIN = 5_000
COLUMNS = [
    "position", "sample_id", "image", "question", "answers", "prediction", "candidates", "split",
    "domain", "question_type", "category", "difficulty", "template", "boxes", "predicted_box",
    "attention", "image_only", "text_only", "image_embedding", "text_embedding", "loss",
]  # fmt: skip
ImageSize = Callable[[str], tuple[int, int] | None]
# States of an answer that is none.
UNANSWERED = ("no_answer", "failed_call")


@dataclass(frozen=True)
class AnalysisResult:
    """Tables ready to be stored, and the cards."""

    features: pa.Table
    clustering: pa.Table
    cards: list[ClusterCard]
    clusters: int
    unclustered: int
    encoder: str
    parameters: dict[str, Any]


def analyse(
    folder: RunFolder,
    *,
    seed: int,
    load_image: LoadImage,
    image_size: ImageSize,
    encoder: str | None = None,
    progress: Progress = lambda share, step: None,
) -> AnalysisResult:
    """Measure and cluster the error samples of the run in `folder`.

    `encoder` None: the run's own embeddings where every row has them, else the built-in encoder.
    Raises EncoderUnavailable.
    """
    progress(0.02, _("Reading samples"))
    errors, train, templates = _read(folder, seed)
    chosen = encoder or propose_encoder(errors)

    def within(low: float, high: float) -> Progress:
        return lambda share, step: progress(low + share * (high - low), step)

    if not errors.num_rows:
        return _nothing(errors, train, chosen)
    if chosen == "given":
        train = _with_embeddings(train)
    both = pa.concat_tables([errors, train])
    vectors = encode(chosen, both, load_image, within(0.05, 0.4))
    count = errors.num_rows
    progress(0.42, _("Measuring features"))
    paths = errors["image"].to_pylist()
    # A picture is asked about more than once; its header is read once.
    known = {path: image_size(path) for path in set(paths) - {None}}
    sizes = [known.get(path) for path in paths]
    similarity = vectors.similarity()
    features = compute_features(
        errors,
        templates,
        sizes=sizes,
        error_vectors=vectors.joint[:count],
        train_vectors=vectors.joint[count:],
        own_rows=_own_rows(errors, train),
        similarity=None if similarity is None else similarity[:count],
    )
    found = cluster(vectors.joint[:count], seed=seed, progress=within(0.45, 0.95))
    progress(0.96, _("Naming clusters"))
    light = errors.select([n for n in COLUMNS if n not in _BULKY]).to_pylist()
    cards = make_cards(light, found.labels, found.strength, found.map_xy)
    return AnalysisResult(
        features=features,
        clustering=_clustering_table(errors, found.labels, found.map_xy, found.strength),
        cards=cards,
        clusters=found.clusters,
        unclustered=int((found.labels == UNCLUSTERED).sum()),
        encoder=vectors.encoder,
        parameters={**found.parameters, "encoder_versions": vectors.versions},
    )


def _read(folder: RunFolder, seed: int) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Error rows, a seeded draw of training rows, and all training rows' templates.

    The light columns are read first: only rows that are needed are held with all they carry.
    """
    light = ["position", "split", "template", "is_error"]
    keys = pa.concat_tables(folder.read_samples(light))
    trained = keys.filter(pc.equal(keys["split"], "train"))
    rng = np.random.default_rng(seed)
    drawn = trained["position"].take(pa.array(rng.permutation(trained.num_rows)[:MOST_TRAIN]))
    errors, train = [], []
    # A run that was imported long ago lacks what was read of its predictions.
    state = [name for name in ("answer_state",) if name in folder.sample_columns()]
    for part in folder.read_samples([*COLUMNS, "is_error", *state]):
        wrong = part["is_error"]
        if state:
            # What the model never answered says nothing of why it errs.
            unanswered = pc.is_in(part["answer_state"], pa.array(UNANSWERED))
            wrong = pc.and_(wrong, pc.invert(unanswered))
        errors.append(part.filter(wrong).select(COLUMNS))
        train.append(part.filter(pc.is_in(part["position"], drawn)).select(COLUMNS))
    return pa.concat_tables(errors), pa.concat_tables(train), trained.select(["template"])


def _with_embeddings(train: pa.Table) -> pa.Table:
    """Training rows that brought what the error rows brought: no distance to an absent vector."""
    for name in ("image_embedding", "text_embedding"):
        if train[name].null_count < train.num_rows:
            train = train.filter(pc.is_valid(train[name]))
    return train


def _own_rows(errors: pa.Table, train: pa.Table) -> np.ndarray:
    """For each error its row among the drawn training samples, -1 if it is none of them."""
    found = pc.index_in(errors["position"], train["position"].combine_chunks())
    return np.asarray(pc.fill_null(found, -1))


def _clustering_table(
    errors: pa.Table, labels: np.ndarray, map_xy: np.ndarray, strength: np.ndarray
) -> pa.Table:
    return pa.table(
        {
            "position": errors["position"],
            "sample_id": errors["sample_id"],
            "cluster": pa.array(labels, pa.int32()),
            "x": pa.array(map_xy[:, 0], pa.float32()),
            "y": pa.array(map_xy[:, 1], pa.float32()),
            "strength": pa.array(strength, pa.float32()),
        }
    )


def _nothing(errors: pa.Table, train: pa.Table, encoder: str) -> AnalysisResult:
    """A run without error samples: tables of no rows, no cards."""
    empty = np.zeros((0, 2), dtype=np.float32)
    none = np.zeros(0)
    return AnalysisResult(
        features=compute_features(errors, train, sizes=[]),
        clustering=_clustering_table(errors, none.astype(np.int32), empty, none),
        cards=[],
        clusters=0,
        unclustered=0,
        encoder=encoder,
        parameters={"method": "no error samples", "samples": 0},
    )


_BULKY = frozenset({"attention", "image_embedding", "text_embedding", "candidates", "loss"})
