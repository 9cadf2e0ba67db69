"""What makes a sample suspicious, measured without a verdict."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from triage import suspicion


def table(**columns) -> pa.Table:
    count = len(next(iter(columns.values())))
    light = {
        "position": list(range(count)),
        "sample_id": [f"s{n}" for n in range(count)],
        "split": ["train"] * count,
        "answers": [["yes"]] * count,
        "candidates": pa.array(
            [None] * count,
            pa.list_(pa.struct([("answer", pa.string()), ("probability", pa.float64())])),
        ),
        "loss": pa.array([None] * count, pa.list_(pa.float64())),
    }
    return pa.table({**light, **columns})


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["cat"], (0.2, 0.7)),
        (["A cat.", "dog"], (0.9, 0.1)),
        (["bird"], (0.0, 0.7)),
    ],
)
def test_the_references_share_their_probability(answers, expected) -> None:
    candidates = [
        {"answer": "dog", "probability": 0.7},
        {"answer": "cat", "probability": 0.2},
        {"answer": "cow", "probability": 0.1},
    ]
    assert suspicion.reference_probabilities(candidates, answers) == pytest.approx(expected)


def test_without_candidates_or_probabilities_nothing_is_guessed() -> None:
    for candidates in (None, [], [{"answer": "a", "probability": None}]):
        assert np.isnan(suspicion.reference_probabilities(candidates, ["a"])).all()


def test_neighbours_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 8))
    answers = [("a", "b", "c")[n] for n in rng.integers(0, 3, 300)]
    found = suspicion.neighbour_agreement(vectors, answers, neighbours=7)
    index = NearestNeighbors(n_neighbors=8, metric="cosine").fit(vectors)
    nearest = index.kneighbors(vectors, return_distance=False)[:, 1:]
    expected = [np.mean([answers[k] == answers[n] for k in nearest[n]]) for n in range(300)]
    assert found == pytest.approx(np.array(expected))


def test_a_sample_without_an_answer_has_no_neighbours_and_is_none() -> None:
    vectors = np.eye(4)
    found = suspicion.neighbour_agreement(vectors, ["a", None, "a", "a"])
    assert np.isnan(found[1])
    assert found[[0, 2, 3]].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(suspicion.neighbour_agreement(None, ["a", "a"])).all()
    assert np.isnan(suspicion.neighbour_agreement(np.eye(1), ["a"])).all()


def test_an_extreme_loss_is_one_of_its_own_split() -> None:
    losses = np.array([1.0, 1.1, 0.9, 1.05, 5.0, 5.0, 5.1, 4.9, np.nan])
    splits = ["train"] * 5 + ["val"] * 3 + ["val"]
    found = suspicion.extreme_loss(losses, splits)
    spread = stats.median_abs_deviation(losses[:5], scale="normal")
    assert found[4] == pytest.approx((5.0 - 1.05) / spread, rel=1e-3)
    assert abs(found[5]) < 1
    assert np.isnan(found[8])
    assert suspicion.extreme_loss(np.ones(3), ["a"] * 3).tolist() == [0.0] * 3


def test_absent_fields_make_null_inputs() -> None:
    found = suspicion.measure(table(position=[0, 1]), None, None)
    assert found.column_names == ["position", "sample_id", *suspicion.NAMES]
    assert all(found[name].null_count == 2 for name in suspicion.NAMES)
    assert all(np.isnan(rank).all() for rank in suspicion.suspicious_ranks(found).values())


def test_the_suspicious_end_has_the_highest_rank() -> None:
    rows = table(loss=[[1.0], [1.2], [9.0], [1.1]])
    ranks = suspicion.suspicious_ranks(
        suspicion.measure(rows, np.eye(4), np.array([0.9, 0.1, 0.8, np.nan]))
    )
    assert ranks["extreme_loss"].argmax() == 2
    assert np.nanargmax(ranks["image_text_similarity"]) == 1
    assert np.isnan(ranks["image_text_similarity"][3])
    assert ranks["extreme_loss"].tolist() == [0.125, 0.625, 0.875, 0.375]
