"""Clusters of error samples: PCA → UMAP (5 dimensions) → HDBSCAN, and a 2-D UMAP as the map.

PCA → HDBSCAN alone finds no cluster in planted high-dimensional data; UMAP → HDBSCAN does. Both
UMAPs share one neighbour graph. With a seed UMAP runs on one thread: that is what makes a
clustering repeatable.
"""

import importlib.metadata
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from triage.science.progress import Progress
from triage.science.words import gettext_noop

UNCLUSTERED = -1
COMPONENTS = 5
NEIGHBOURS = 15
PCA_DIMENSIONS = 50
# Below this many error samples a clustering says nothing that a list does not.
FEWEST = 12
# Copies of a vector lie within this share of the way to the nearest other one.
COPIES_REACH = 0.35


@dataclass(frozen=True)
class ClusterResult:
    """What HDBSCAN said of n samples.

    `labels` (n,) int32, −1 = unclustered, clusters numbered from 0 by falling size; `strength`
    (n,) float32 in 0..1; `map_xy` (n, 2) float32; `parameters` name the method, its settings and
    library versions.
    """

    labels: np.ndarray
    strength: np.ndarray
    map_xy: np.ndarray
    parameters: dict[str, Any]

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.labels.max(initial=-1)) + 1


def cluster(
    vectors: np.ndarray,
    *,
    seed: int,
    min_cluster_size: int | None = None,
    progress: Progress = lambda share, step: None,
) -> ClusterResult:
    """Cluster the rows of `vectors` (n, d); the same seed gives the same result.

    Fewer than 12 rows are left unclustered; rows that are all the same are one cluster; of fewer
    than 12 distinct rows each that is there often enough is one. Copies count for the size of a
    cluster and not for the shape of the space.
    Raises ValueError for NaN or infinity, or min_cluster_size below 2.
    """
    if min_cluster_size is not None and min_cluster_size < 2:
        raise ValueError(
            f"a cluster has at least 2 samples, min_cluster_size is {min_cluster_size}"
        )
    vectors = _checked(vectors)
    count = len(vectors)
    smallest = min_cluster_size or default_cluster_size(count)
    parameters = _parameters(count, smallest, seed)
    if count < max(FEWEST, smallest + 2):
        return _trivial(count, UNCLUSTERED, parameters | {"method": "too few to cluster"})
    distinct, which = _distinct(vectors)
    if len(distinct) == 1:
        return _trivial(count, 0, parameters | {"method": "all vectors are equal"})
    rng = np.random.default_rng(seed)
    if len(distinct) < FEWEST:
        labels = _by_size(_by_value(which, smallest))
        layout = _scaled(_spread(_few(distinct), which, rng))
        parameters |= {"method": "few distinct vectors, each of them a cluster"}
        return ClusterResult(labels, (labels >= 0).astype(np.float32), layout, parameters)
    epochs = layout_epochs(len(distinct))
    parameters |= {"distinct_samples": len(distinct), "umap_epochs": epochs}
    # Sums over several threads differ in their last digits, and UMAP makes another map of that.
    with threadpool_limits(1, user_api="blas"):
        flat, layout = _reduce(distinct, seed, epochs, progress)
    progress(0.85, gettext_noop("Finding dense groups"))
    labels, strength = _density(_spread(flat, which, rng), smallest)
    layout = _scaled(_spread(layout, which, rng))
    return ClusterResult(_by_size(labels), strength, layout, parameters)


def _checked(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.ndim != 2:
        raise ValueError(f"vectors should be (n, d), are {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("vectors hold NaN or infinity")
    return vectors


def default_cluster_size(count: int) -> int:
    """2 % of the samples, between 8 and 200: smaller groups are rarely worth a person's look."""
    return int(np.clip(round(count / 50), 8, 200))


def layout_epochs(count: int) -> int:
    """Rounds of a UMAP layout. From the principal components 100 find planted groups as well as
    500 do (adjusted Rand 0.996 against 0.980 on 5,000 samples), and time grows with them."""
    return 500 if count < 2_000 else 200 if count <= 10_000 else 100


def _reduce(
    vectors: np.ndarray, seed: int, epochs: int, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.decomposition import PCA

    if vectors.shape[1] > PCA_DIMENSIONS:
        progress(0.05, gettext_noop("Reducing dimensions"))
        size = min(PCA_DIMENSIONS, len(vectors) - 1)
        vectors = PCA(size, random_state=seed).fit_transform(vectors)
    neighbours = min(NEIGHBOURS, len(vectors) - 1)
    with warnings.catch_warnings():
        # umap: "n_jobs value 1 overridden to 1 by setting random_state"; numba and sklearn
        # deprecations inside umap and pynndescent are theirs to mend.
        warnings.simplefilter("ignore")
        import umap

        progress(0.1, gettext_noop("Finding neighbours"))
        graph = _neighbour_graph(vectors, neighbours)
        shared = {"n_neighbors": neighbours, "random_state": seed, "precomputed_knn": graph}
        shared |= {"n_jobs": 1, "n_epochs": epochs}
        size = min(COMPONENTS, len(vectors) - 2)
        progress(0.4, gettext_noop("Laying out clusters"))
        flat = umap.UMAP(
            n_components=size, min_dist=0.0, init=_start(vectors, size, seed), **shared
        ).fit_transform(vectors)
        progress(0.65, gettext_noop("Laying out the map"))
        layout = umap.UMAP(
            n_components=2, min_dist=0.1, init=_start(vectors, 2, seed), **shared
        ).fit_transform(vectors)
    return np.asarray(flat), np.asarray(layout)


def _distinct(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows (m, d) in the order they first occur, and for each row which one it is.

    Templated questions come in many copies. Left in, they fill each other's neighbourhoods and
    the graph falls apart into islands of equal samples.
    """
    scale = np.abs(vectors).max() or 1.0
    # -0.0 + 0.0 is 0.0: the two zeros have different bytes.
    rounded = np.ascontiguousarray(np.round(vectors / scale, 5) + 0.0)
    keys = rounded.view(np.dtype((np.void, rounded.dtype.itemsize * rounded.shape[1]))).ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return vectors[first[order]], place[which]


def _spread(points: np.ndarray, which: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A place (n, k) for every sample: copies lie in a ball around their point, too small to
    touch the nearest other point's."""
    from sklearn.neighbors import NearestNeighbors

    placed = np.asarray(points[which], dtype=np.float64)
    first = np.zeros(len(which), dtype=bool)
    first[np.unique(which, return_index=True)[1]] = True
    copies = np.flatnonzero(~first)
    if not copies.size:
        return placed
    gaps = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(points)[0][:, 1]
    directions = rng.normal(size=(len(copies), points.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    reach = COPIES_REACH * rng.random(len(copies)) ** (1 / points.shape[1])
    placed[copies] += directions * (reach * gaps[which[copies]])[:, None]
    return placed


def _by_value(which: np.ndarray, smallest: int) -> np.ndarray:
    """Samples of one value are a cluster if there are enough of them."""
    sizes = np.bincount(which)
    numbers = np.where(sizes >= smallest, np.cumsum(sizes >= smallest) - 1, UNCLUSTERED)
    return np.asarray(numbers[which], dtype=np.int32)


def _few(distinct: np.ndarray) -> np.ndarray:
    """A map of 2 to 11 points: their two principal components."""
    from sklearn.decomposition import PCA

    size = min(2, *distinct.shape)
    flat = PCA(size, random_state=0).fit_transform(distinct)
    return np.hstack([flat, np.zeros((len(flat), 2 - size))])


def _start(vectors: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Where UMAP begins: the principal components (m, size), the widest ±10, with a little seeded
    noise. umap's own spectral start is slow and, where the graph falls apart, not repeatable.
    """
    from sklearn.decomposition import PCA

    known = min(size, *vectors.shape)
    start = np.zeros((len(vectors), size))
    start[:, :known] = PCA(known, random_state=seed).fit_transform(vectors)
    start *= 10.0 / (np.abs(start).max() or 1.0)
    rng = np.random.default_rng(seed)
    return np.asarray(start + rng.normal(scale=1e-4, size=start.shape), dtype=np.float32)


def _neighbour_graph(vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices and distances of each row's `count` nearest rows, itself first; exact.

    Brute force is a matrix product: 50,000 × 50 takes seconds, needs no index to be compiled and
    is the same every time. umap's own approximate search costs 30 s of compilation alone.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=count, algorithm="brute", n_jobs=1).fit(vectors)
    distances, indices = search.kneighbors(vectors)
    return indices.astype(np.int32), distances.astype(np.float32)


def _density(flat: np.ndarray, smallest: int) -> tuple[np.ndarray, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import hdbscan

        found = hdbscan.HDBSCAN(
            min_cluster_size=smallest,
            min_samples=max(3, min(10, smallest // 2)),
            core_dist_n_jobs=1,
        ).fit(flat.astype(np.float64))
    return found.labels_.astype(np.int32), np.asarray(found.probabilities_, dtype=np.float32)


def _by_size(labels: np.ndarray) -> np.ndarray:
    """Clusters numbered by falling size, so that 0 is the largest whatever the library did."""
    sizes = np.bincount(labels[labels >= 0], minlength=labels.max(initial=-1) + 1)
    order = np.argsort(-sizes, kind="stable")
    renumbered = np.empty(len(sizes) + 1, dtype=np.int32)
    renumbered[order] = np.arange(len(sizes), dtype=np.int32)
    renumbered[-1] = UNCLUSTERED
    return np.asarray(renumbered[labels])


def _scaled(layout: np.ndarray) -> np.ndarray:
    """Centred, the wider side −1..1: pages need no other scale."""
    middle = (layout.max(axis=0) + layout.min(axis=0)) / 2
    span = np.ptp(layout, axis=0).max() / 2 or 1.0
    return np.asarray((layout - middle) / span, dtype=np.float32)


def _trivial(count: int, label: int, parameters: dict[str, Any]) -> ClusterResult:
    """No structure to find: points on a ring, so that the map still shows each of them."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    labels = np.full(count, label, dtype=np.int32)
    strength = np.full(count, float(label >= 0), dtype=np.float32)
    return ClusterResult(labels, strength, ring, parameters)


def _parameters(count: int, smallest: int, seed: int) -> dict[str, Any]:
    versions = {name: importlib.metadata.version(name) for name in ("umap-learn", "hdbscan")}
    return {
        "method": "PCA, UMAP, HDBSCAN",
        "samples": count,
        "pca_dimensions": PCA_DIMENSIONS,
        "umap_components": COMPONENTS,
        "umap_neighbours": NEIGHBOURS,
        "min_cluster_size": smallest,
        "seed": seed,
        "versions": versions,
    }
