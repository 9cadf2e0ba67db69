"""Features against formulas, brute force and other libraries; absent fields stay null."""

from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from triage.science.analysis import features
from triage.science.record import candidate_lists, grids
from triage.science.record.records import SCHEMA

TRAIN = pa.table({"template": pa.array([], pa.string())})


def error_table(*rows: dict[str, Any]) -> pa.Table:
    made = [
        {"position": number, "sample_id": f"s{number}", "question": "?", "prediction": "1", **row}
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(made, schema=SCHEMA)


def owned(boxes: Any) -> grids.Boxes:
    """Boxes of one sample."""
    return grids.Boxes(np.zeros(len(boxes), dtype=np.int64), np.array(boxes, dtype=float))


def listed(*samples: list[tuple[str, float]]) -> candidate_lists.CandidateLists:
    rows = [[{"answer": a, "probability": p} for a, p in each] for each in samples]
    kind = SCHEMA.field("candidates").type
    return candidate_lists.candidate_lists(pa.chunked_array([pa.array(rows, kind)]))


def measured(row: dict[str, Any], size: tuple[int, int] | None = None, **more: Any) -> dict:
    found = features.compute_features(error_table(row), TRAIN, sizes=[size], **more)
    return found.to_pylist()[0]


@pytest.mark.parametrize("shape", [(1, 2), (3, 4), (7, 7), (14, 14)])
def test_attention_entropy_is_scipys_entropy_over_its_maximum(shape: tuple[int, int]) -> None:
    grid = np.random.default_rng(1).gamma(0.5, size=shape)

    expected = stats.entropy(grid.ravel()) / np.log(grid.size)

    assert grids.attention_entropy(grid[None]) == pytest.approx(expected)


def test_attention_entropy_is_0_for_one_cell_and_1_for_an_even_grid() -> None:
    focused = np.zeros((4, 4))
    focused[2, 1] = 0.3

    assert grids.attention_entropy(focused[None]) == 0
    assert grids.attention_entropy(np.full((1, 5, 3), 0.2)) == pytest.approx(1)
    assert grids.attention_entropy(np.ones((1, 1, 1))) == 0


def test_overlap_of_boxes_is_what_counting_pixels_says() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        boxes = [
            np.concatenate([low, low + rng.integers(1, 15, 2)])
            for low in rng.integers(0, 15, (2, 2))
        ]
        painted = [np.zeros((32, 32), dtype=bool) for _ in boxes]
        for canvas, (x0, y0, x1, y1) in zip(painted, boxes, strict=True):
            canvas[y0:y1, x0:x1] = True
        expected = (painted[0] & painted[1]).sum() / (painted[0] | painted[1]).sum()

        assert grids.iou(*(box[None].astype(float) for box in boxes)) == pytest.approx(expected)


def test_boxes_that_only_touch_do_not_overlap() -> None:
    one = np.array([[0.0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]])
    other = np.array([[1.0, 0, 2, 1], [3, 3, 4, 4], [0, 0, 0, 0]])

    assert grids.iou(one, other).tolist() == [0, 0, 0]


def smallest_area_by_force(grid: np.ndarray, mass: float) -> tuple[int, float]:
    height, width = grid.shape
    shares = grid / grid.sum()
    best = (width * height + 1, 0.0)
    for y0, x0 in product(range(height), range(width)):
        for y1, x1 in product(range(y0 + 1, height + 1), range(x0 + 1, width + 1)):
            inside = shares[y0:y1, x0:x1].sum()
            if inside >= mass - 1e-9:
                best = min(best, ((y1 - y0) * (x1 - x0), -inside))
    return best[0], -best[1]


@pytest.mark.parametrize("seed", range(12))
def test_the_attention_box_is_the_smallest_of_all_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = rng.gamma(0.2, size=(int(rng.integers(1, 7)), int(rng.integers(1, 7))))
    grid[rng.random(grid.shape) < 0.3] = 0
    grid[0, 0] += 0.01
    height, width = grid.shape

    x0, y0, x1, y1 = grids.attention_boxes(grid[None])[0]

    columns = slice(round(x0 * width), round(x1 * width))
    rows = slice(round(y0 * height), round(y1 * height))
    area, inside = smallest_area_by_force(grid, 0.8)
    found = grid[rows, columns]
    assert found.size == area
    assert found.sum() / grid.sum() == pytest.approx(inside)


def test_attention_on_one_cell_gives_the_box_of_that_cell() -> None:
    grid = np.zeros((4, 5))
    grid[1, 3] = 2

    assert grids.attention_boxes(grid[None])[0] == pytest.approx((3 / 5, 1 / 4, 4 / 5, 2 / 4))


def test_attention_in_boxes_is_what_counting_pixels_says() -> None:
    rng = np.random.default_rng(4)
    grid = rng.random((4, 5))
    side_x, side_y = 200, 160
    weights = np.kron(grid, np.ones((40, 40)))
    for count in (1, 2, 3):
        corners = [
            (*low, *(low + rng.integers(5, 80, 2))) for low in rng.integers(0, 70, (count, 2))
        ]
        canvas = np.zeros((side_y, side_x), dtype=bool)
        for x0, y0, x1, y1 in corners:
            canvas[y0:y1, x0:x1] = True
        shares = [
            (x0 / side_x, y0 / side_y, x1 / side_x, y1 / side_y) for x0, y0, x1, y1 in corners
        ]

        found = grids.attention_in_boxes(grid[None], owned(shares))

        assert found == pytest.approx(weights[canvas].sum() / weights.sum())


def test_the_whole_image_as_a_box_holds_all_attention() -> None:
    grid = np.random.default_rng(0).random((3, 7))

    boxes = owned([(0, 0, 1, 1), (0.2, 0.2, 0.4, 0.9)])
    assert grids.attention_in_boxes(grid[None], boxes) == pytest.approx(1)


def test_predictive_entropy_counts_the_mass_outside_the_list_as_one_more() -> None:
    lists = listed([("a", 0.5), ("b", 0.5)], [("a", 1.0)], [("a", 0.5), ("b", 0.3)], [])

    expected = stats.entropy([0.5, 0.3, 0.2]) / np.log(3)
    found = candidate_lists.predictive_entropy(lists)
    assert found == pytest.approx([1, 0, expected, np.nan], nan_ok=True)


def test_the_rank_of_the_reference_ignores_articles_and_number_words() -> None:
    lists = listed(
        [("dog", 0.5), ("a cat", 0.3), ("2", 0.1)], [("dog", 0.9), ("two", 0.1)], [("dog", 1.0)], []
    )
    references = pa.chunked_array([[["cat"], ["2"], ["cat"], ["cat"]]])

    found = candidate_lists.reference_rank(lists, references)
    assert found == pytest.approx([2, 2, np.inf, np.nan], nan_ok=True)


def test_boxes_in_pixels_need_the_size_of_the_image() -> None:
    boxes = np.array([[0.1, 0.2, 0.5, 1.0], [10, 20, 50, 100], [10, 20, 50, 100]])
    sizes = np.array([[np.nan, np.nan], [100, 200], [np.nan, np.nan]])

    found = grids.to_shares(boxes, sizes)

    assert found[:2] == pytest.approx(np.array([[0.1, 0.2, 0.5, 1.0], [0.1, 0.1, 0.5, 0.5]]))
    assert np.isnan(found[2]).all()


def test_a_row_with_the_required_fields_alone_has_no_feature() -> None:
    found = measured({})

    assert {name: found[name] for name in features.NAMES} == dict.fromkeys(features.NAMES)
    assert (found["position"], found["sample_id"]) == (0, "s0")


def test_no_error_gives_a_table_without_rows_and_all_columns() -> None:
    found = features.compute_features(error_table(), TRAIN, sizes=[])

    assert found.num_rows == 0
    assert found.column_names == ["position", "sample_id", *features.NAMES]


def test_columns_that_are_not_there_are_null_features() -> None:
    bare = error_table({}, {}).select(["position", "sample_id"])

    found = features.compute_features(bare, pa.table({"other": [1]}), sizes=[None, None])

    assert all(found[name].null_count == 2 for name in features.NAMES)


def test_a_full_row_has_every_feature_that_its_record_allows() -> None:
    row = {
        "image_only": {"prediction": "2", "confidence": 0.25},
        "text_only": {"prediction": "3", "confidence": 0.75},
        "attention": [[0.0, 1.0], [0.0, 0.0]],
        "boxes": [[50, 0, 100, 50], [0, 50, 10, 60]],
        "candidates": [
            {"answer": "two", "probability": 0.6},
            {"answer": "3", "probability": 0.3},
            {"answer": "4", "probability": 0.1},
        ],
        "answers": ["3"],
        "template": "How many?",
        "loss": [1.0, 3.0],
    }
    train = pa.table({"template": ["How many?", None, "How many?", "Where?"]})

    found = features.compute_features(
        error_table(row), train, sizes=[(100, 100)], similarity=np.array([0.5])
    ).to_pylist()[0]

    assert found["image_confidence"] == 0.25
    assert found["text_confidence"] == 0.75
    assert found["attention_entropy"] == 0
    assert found["localization_iou"] == pytest.approx(1)
    assert found["attention_in_box"] == pytest.approx(1)
    assert found["predictive_entropy"] == pytest.approx(stats.entropy([0.6, 0.3, 0.1]) / np.log(3))
    assert found["top_margin"] == pytest.approx(0.3)
    assert found["reference_rank"] == 2
    assert found["train_freq_of_template"] == 2
    assert found["image_text_similarity"] == 0.5
    assert found["mean_loss"] == 2
    assert found["domain_ood_score"] is None


def test_the_predicted_box_comes_before_the_attention() -> None:
    row = {
        "attention": [[0.0, 1.0], [0.0, 0.0]],
        "boxes": [[0.0, 0.0, 0.5, 1.0]],
        "predicted_box": [0.0, 0.0, 0.5, 0.5],
    }

    assert measured(row)["localization_iou"] == pytest.approx(0.5)


def test_a_box_of_an_image_of_unknown_size_is_no_localization() -> None:
    found = measured({"attention": [[1.0]], "boxes": [[5, 5, 20, 20]]})

    assert found["localization_iou"] is None
    assert found["attention_in_box"] is None
    assert found["attention_entropy"] == 0


def test_candidates_without_probabilities_have_a_rank_and_no_entropy() -> None:
    row = {
        "candidates": [{"answer": "1", "probability": None}, {"answer": "2", "probability": None}],
        "answers": ["2"],
    }

    found = measured(row)

    assert (found["reference_rank"], found["predictive_entropy"], found["top_margin"]) == (
        2,
        None,
        None,
    )


def test_a_template_that_training_never_had_counts_0_and_no_template_is_null() -> None:
    train = pa.table({"template": ["a", "a", "b"]})
    errors = error_table({"template": "a"}, {"template": "c"}, {})

    found = features.compute_features(errors, train, sizes=[None] * 3)

    assert found["train_freq_of_template"].to_pylist() == [2, 0, None]


def test_the_similarity_of_a_sample_without_an_image_is_null() -> None:
    errors = error_table({}, {})

    found = features.compute_features(
        errors, TRAIN, sizes=[None, None], similarity=np.array([0.2, np.nan])
    )

    assert found["image_text_similarity"].to_pylist() == [0.2, None]


def test_distance_to_training_is_a_percentile_of_leave_one_out_distances() -> None:
    rng = np.random.default_rng(5)
    train, errors = rng.normal(size=(60, 4)), rng.normal(size=(20, 4)) * 2
    own = []
    for index in range(len(train)):
        rest = np.delete(train, index, axis=0)
        own.append(NearestNeighbors(n_neighbors=10).fit(rest).kneighbors(train[[index]])[0].mean())
    far = NearestNeighbors(n_neighbors=10).fit(train).kneighbors(errors)[0].mean(axis=1)

    found = features.out_of_domain(errors, train)

    assert found == pytest.approx([100 * np.mean(np.array(own) <= each) for each in far])


def test_an_error_that_is_a_training_sample_is_left_out_of_its_own_distance() -> None:
    rng = np.random.default_rng(6)
    train = rng.normal(size=(40, 3))
    rows = np.array([3, 11, 20])

    found = features.out_of_domain(train[rows], train, rows)
    careless = features.out_of_domain(train[rows], train)

    every = features.out_of_domain(train, train, np.arange(40))
    assert found is not None
    assert careless is not None
    assert every is not None
    assert found == pytest.approx(every[rows])
    assert (careless <= found).all()
    # Among themselves the training samples' percentiles are 1/n, 2/n, …, 1.
    assert np.sort(every) == pytest.approx(100 * np.arange(1, 41) / 40)


def test_far_away_is_100_and_in_the_middle_is_low() -> None:
    train = np.random.default_rng(7).normal(size=(50, 2))

    found = features.out_of_domain(np.array([[100.0, 100.0], [0.0, 0.0]]), train)

    assert found is not None
    assert found[0] == 100
    assert found[1] < 50


def test_training_samples_that_are_all_one_point_do_not_break_the_distance() -> None:
    train = np.ones((12, 3))

    found = features.out_of_domain(np.vstack([train[:1], train[:1] + 1]), train)

    assert found == pytest.approx([100, 100])


@pytest.mark.parametrize("count", [0, 1])
def test_there_is_no_distance_without_two_training_samples(count: int) -> None:
    assert features.out_of_domain(np.ones((3, 2)), np.ones((count, 2))) is None
    assert features.out_of_domain(np.ones((3, 2)), None) is None
    assert features.out_of_domain(np.ones((0, 2)), np.ones((5, 2))) is None


def test_every_feature_says_what_it_needs() -> None:
    assert all(feature.description and feature.needs for feature in features.FEATURES)
    assert len(set(features.NAMES)) == len(features.NAMES)


def test_samples_of_all_kinds_together_are_what_each_is_alone() -> None:
    rng = np.random.default_rng(9)
    rows: list[dict[str, Any]] = []
    for number in range(40):
        row: dict[str, Any] = {"answers": ["yes"]}
        if number % 4:
            row["attention"] = rng.gamma(0.5, size=(3 + number % 3, 4 + number % 2)).tolist()
        corners = rng.random((number % 3, 2)) / 2
        row["boxes"] = [[x, y, x + 0.3, y + 0.4] for x, y in corners] or None
        if number % 5 == 0:
            row["predicted_box"] = [0.1, 0.1, 0.5, 0.6]
        if number % 2:
            pairs = zip(("no", "Yes", "maybe"), (0.5, 0.3, 0.1), strict=True)
            row["candidates"] = [{"answer": a, "probability": p} for a, p in pairs]
        rows.append(row)

    together = features.of_record(error_table(*rows), [None] * 40)

    assert np.isfinite(together["localization_iou"]).sum() > 15
    assert set(together["attention_hit"][np.isfinite(together["attention_hit"])]) == {0, 1}
    for number, row in enumerate(rows):
        alone = features.of_record(error_table(row), [None])
        for name, values in together.items():
            assert values[number] == pytest.approx(alone[name][0], nan_ok=True), name


def test_the_peak_of_the_attention_hits_a_box_or_misses_it() -> None:
    grid = np.array([[0.1, 0.2], [0.6, 0.1]])
    boxes = grids.Boxes(
        np.array([0, 0, 1]),
        np.array([[0.6, 0.6, 1, 1], [0, 0.5, 0.5, 1], [0.6, 0.6, 1, 1]]),
    )

    found = grids.attention_hits(np.stack([grid] * 3), boxes)

    assert found == pytest.approx([1, 0, np.nan], nan_ok=True)
