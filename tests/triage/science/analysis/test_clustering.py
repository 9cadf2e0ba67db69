"""Planted groups are found again, the same each time, and edges do not break."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, homogeneity_score
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from triage.science.analysis import clustering
from triage.science.analysis.clustering import UNCLUSTERED, cluster


def blobs(
    sizes: list[int], dimensions: int, seed: int = 0, spread: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(sizes), dimensions)) * 3
    truth = np.repeat(np.arange(len(sizes)), sizes)
    return centres[truth] + spread * rng.normal(size=(len(truth), dimensions)), truth


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray, clustering.ClusterResult]:
    vectors, truth = blobs([40, 120, 80], 128)
    return vectors, truth, cluster(vectors, seed=3)


def test_planted_groups_in_many_dimensions_are_found(
    planted: tuple[np.ndarray, np.ndarray, clustering.ClusterResult],
) -> None:
    _, truth, found = planted

    assert found.clusters == 3
    assert adjusted_rand_score(truth, found.labels) > 0.95


def test_clusters_are_numbered_by_falling_size(
    planted: tuple[np.ndarray, np.ndarray, clustering.ClusterResult],
) -> None:
    found = planted[2]

    sizes = np.bincount(found.labels[found.labels >= 0])

    assert sizes.tolist() == sorted(sizes, reverse=True)
    assert np.argmax(np.bincount(planted[1][found.labels == 0])) == 1


def test_a_result_has_a_strength_and_a_place_on_the_map_for_every_sample(
    planted: tuple[np.ndarray, np.ndarray, clustering.ClusterResult],
) -> None:
    vectors, _, found = planted
    count = len(vectors)

    assert found.labels.shape == found.strength.shape == (count,)
    assert found.map_xy.shape == (count, 2)
    assert (found.labels.dtype, found.map_xy.dtype) == (np.int32, np.float32)
    assert ((found.strength >= 0) & (found.strength <= 1)).all()
    assert (found.strength[found.labels == UNCLUSTERED] == 0).all()
    assert np.ptp(found.map_xy, axis=0).max() == pytest.approx(2, abs=1e-5)
    assert np.abs(found.map_xy).max() <= 1 + 1e-5


def test_the_same_seed_gives_the_same_result_to_the_bit(
    planted: tuple[np.ndarray, np.ndarray, clustering.ClusterResult],
) -> None:
    vectors, _, found = planted

    again = cluster(vectors, seed=3)

    assert np.array_equal(again.labels, found.labels)
    assert np.array_equal(again.map_xy, found.map_xy)
    assert np.array_equal(again.strength, found.strength)
    assert again.parameters == found.parameters


def test_the_number_of_threads_does_not_change_the_result() -> None:
    # Not round: sums of such vectors do differ by how they are split.
    vectors = np.random.default_rng(0).normal(size=(600, 300)) * np.pi

    with threadpool_limits(1):
        alone = cluster(vectors, seed=0)
    with threadpool_limits(2):
        shared = cluster(vectors, seed=0)

    assert np.array_equal(alone.map_xy, shared.map_xy)
    assert np.array_equal(alone.labels, shared.labels)


def test_another_seed_gives_another_map_of_the_same_groups(
    planted: tuple[np.ndarray, np.ndarray, clustering.ClusterResult],
) -> None:
    vectors, truth, found = planted

    other = cluster(vectors, seed=4)

    assert not np.array_equal(other.map_xy, found.map_xy)
    assert adjusted_rand_score(truth, other.labels) > 0.95


def test_the_parameters_name_the_method_and_its_versions(
    planted: tuple[np.ndarray, np.ndarray, clustering.ClusterResult],
) -> None:
    parameters = planted[2].parameters

    assert parameters["seed"] == 3
    assert parameters["distinct_samples"] == 240
    assert parameters["umap_epochs"] == 500
    assert parameters["samples"] == 240
    assert parameters["min_cluster_size"] == 8
    assert set(parameters["versions"]) == {"umap-learn", "hdbscan"}


def test_stray_samples_stay_unclustered() -> None:
    groups, truth = blobs([60, 60], 20, seed=1, spread=0.2)
    strays = np.random.default_rng(2).uniform(-25, 25, size=(6, 20))

    found = cluster(np.vstack([groups, strays]), seed=0, min_cluster_size=20)

    assert found.clusters == 2
    assert adjusted_rand_score(truth, found.labels[:120]) == 1
    assert set(found.labels.tolist()) <= {0, 1, UNCLUSTERED}


def test_groups_smaller_than_the_smallest_cluster_are_no_clusters() -> None:
    vectors, _ = blobs([8, 8, 8], 10, spread=0.1)

    found = cluster(vectors, seed=0, min_cluster_size=23)

    assert found.clusters == 0
    assert (found.labels == UNCLUSTERED).all()


@pytest.mark.parametrize("count", [0, 1, 2, 11])
def test_too_few_samples_are_left_unclustered_and_still_have_a_place(count: int) -> None:
    found = cluster(np.random.default_rng(0).normal(size=(count, 5)), seed=0)

    assert found.clusters == 0
    assert found.labels.tolist() == [UNCLUSTERED] * count
    assert len(np.unique(found.map_xy, axis=0)) == count
    assert found.parameters["method"] == "too few to cluster"


def test_fewer_samples_than_the_smallest_cluster_are_left_unclustered() -> None:
    found = cluster(np.random.default_rng(0).normal(size=(40, 5)), seed=0, min_cluster_size=50)

    assert found.clusters == 0
    assert found.parameters["method"] == "too few to cluster"


def test_samples_that_are_all_the_same_are_one_cluster() -> None:
    found = cluster(np.ones((30, 8)), seed=0)

    assert found.labels.tolist() == [0] * 30
    assert (found.strength == 1).all()
    assert found.parameters["method"] == "all vectors are equal"


@pytest.mark.parametrize("dimensions", [1, 3, 5])
def test_no_cluster_mixes_two_groups_in_few_dimensions_either(dimensions: int) -> None:
    vectors, truth = blobs([30, 30], dimensions, seed=5, spread=0.05)

    found = cluster(vectors, seed=0)

    assert homogeneity_score(truth, found.labels) > 0.95


def test_the_fewest_samples_that_are_clustered() -> None:
    found = cluster(np.random.default_rng(1).normal(size=(clustering.FEWEST, 300)), seed=0)

    assert len(found.labels) == clustering.FEWEST
    assert np.isfinite(found.map_xy).all()


def test_many_copies_of_few_vectors_are_their_own_clusters() -> None:
    vectors = np.repeat(np.eye(3, 20) * 5, 20, axis=0)

    found = cluster(vectors, seed=0)

    assert np.isfinite(found.map_xy).all()
    assert adjusted_rand_score(np.repeat([0, 1, 2], 20), found.labels) > 0.9


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_no_numbers_are_refused(bad: float) -> None:
    vectors = np.zeros((20, 3))
    vectors[4, 1] = bad

    with pytest.raises(ValueError, match="NaN or infinity"):
        cluster(vectors, seed=0)


def test_a_flat_array_and_a_cluster_of_one_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(n, d\)"):
        cluster(np.zeros(20), seed=0)
    with pytest.raises(ValueError, match="at least 2"):
        cluster(np.zeros((20, 3)), seed=0, min_cluster_size=1)


@pytest.mark.parametrize(
    ("count", "size"), [(0, 8), (100, 8), (400, 8), (2_000, 40), (10_000, 200), (50_000, 200)]
)
def test_the_default_smallest_cluster_is_a_fiftieth_within_limits(count: int, size: int) -> None:
    assert clustering.default_cluster_size(count) == size


def test_layouts_take_fewer_rounds_the_more_samples_there_are() -> None:
    counts = (12, 1_999, 2_000, 10_000, 10_001, 50_000)

    assert [clustering.layout_epochs(n) for n in counts] == [500, 500, 200, 200, 100, 100]


def test_the_neighbour_graph_is_exact() -> None:
    vectors = np.random.default_rng(8).normal(size=(500, 12)).astype(np.float32)

    indices, distances = clustering._neighbour_graph(vectors, 7)

    tree = NearestNeighbors(n_neighbors=7, algorithm="kd_tree").fit(vectors)
    expected_distances, expected = tree.kneighbors(vectors)
    assert np.array_equal(indices, expected)
    assert distances == pytest.approx(expected_distances, abs=1e-3)
    assert np.array_equal(indices[:, 0], np.arange(500))


def test_renumbering_keeps_the_unclustered_apart() -> None:
    labels = np.array([2, 2, 0, -1, 1, 1, 1, -1], dtype=np.int32)

    assert clustering._by_size(labels).tolist() == [1, 1, 2, -1, 0, 0, 0, -1]
    assert clustering._by_size(np.full(3, -1, dtype=np.int32)).tolist() == [-1] * 3


def test_progress_only_grows() -> None:
    seen: list[float] = []

    cluster(blobs([20, 20], 60)[0], seed=0, progress=lambda share, step: seen.append(share))

    assert seen == sorted(seen)
    assert len(seen) >= 4


def test_copies_count_for_size_and_do_not_tear_the_space_apart() -> None:
    # Three groups of 6 distinct samples, each in 7 copies: a copy set is smaller than a cluster.
    points, truth = blobs([6, 6, 6], 30, seed=3, spread=0.4)

    found = cluster(np.repeat(points, 7, axis=0), seed=0)

    assert adjusted_rand_score(np.repeat(truth, 7), found.labels) > 0.95


def test_of_few_distinct_vectors_each_with_enough_copies_is_a_cluster() -> None:
    vectors = np.repeat(np.eye(3, 10), [9, 20, 3], axis=0)

    found = cluster(vectors, seed=0)

    assert found.labels.tolist() == [1] * 9 + [0] * 20 + [UNCLUSTERED] * 3
    assert len(np.unique(found.map_xy, axis=0)) == 32


def test_distinct_vectors_keep_their_order_and_zeros_of_either_sign_are_one() -> None:
    vectors = np.array([[1, 0], [0, 2], [1, -0.0], [0, 2], [3, 3]], dtype=np.float32)

    distinct, which = clustering._distinct(vectors)

    assert distinct.tolist() == [[1, 0], [0, 2], [3, 3]]
    assert which.tolist() == [0, 1, 0, 1, 2]


def test_copies_lie_nearer_to_their_own_point_than_to_any_other() -> None:
    rng = np.random.default_rng(4)
    points = rng.normal(size=(20, 2))
    which = np.repeat(np.arange(20), rng.integers(1, 9, 20))

    placed = clustering._spread(points, which, rng)

    nearest = NearestNeighbors(n_neighbors=1).fit(points).kneighbors(placed)[1][:, 0]
    assert np.array_equal(nearest, which)
    assert len(np.unique(placed, axis=0)) == len(which)


def test_samples_without_copies_stay_where_they_are() -> None:
    points = np.random.default_rng(5).normal(size=(6, 2))

    assert np.array_equal(
        clustering._spread(points, np.arange(6), np.random.default_rng(0)), points
    )
