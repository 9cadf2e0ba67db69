"""What makes a sample suspicious, measured without a verdict."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.neighbors import NearestNeighbors

from annotations.science.suspicion import suspicion


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


def test_the_most_alike_are_the_nearest_of_scikit_learn_within_the_split() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 8))
    splits = ["train"] * 200 + ["test"] * 90 + [None] * 10
    found = suspicion.most_alike(vectors, splits, count=7)
    for here in (np.arange(200), np.arange(200, 290), np.arange(290, 300)):
        index = NearestNeighbors(n_neighbors=8, metric="cosine").fit(vectors[here])
        nearest = here[index.kneighbors(vectors[here], return_distance=False)[:, 1:]]
        assert (np.sort(found[here], axis=1) == np.sort(nearest, axis=1)).all()


def test_a_small_split_has_fewer_alike_and_a_single_sample_none() -> None:
    found = suspicion.most_alike(np.eye(4), ["a", "a", "a", "b"], count=3)
    assert [sorted(each) for each in found.tolist()] == [
        [-1, 1, 2],
        [-1, 0, 2],
        [-1, 0, 1],
        [-1, -1, -1],
    ]
    assert (suspicion.most_alike(None, ["a", "a"]) == -1).all()
    assert suspicion.most_alike(np.zeros((0, 3)), []).shape == (0, suspicion.ALIKE)


def test_agreement_is_among_those_alike_that_have_an_answer() -> None:
    alike = np.array([[1, 2, 3], [0, 2, 3], [0, 1, -1], [-1, -1, -1], [3, -1, -1]])
    found = suspicion.agreement(alike, ["a", "a", "b", None, "a"])
    assert found[:3].tolist() == [0.5, 0.5, 0.0]
    assert np.isnan(found[3:]).all()


def test_a_value_is_held_beside_the_known_values_of_those_alike() -> None:
    alike = np.array([[1, 2], [0, 3], [3, -1], [0, 1]])
    found = suspicion.beside(alike, np.array([1.0, 2.0, 4.0, np.nan]))
    assert found[:2].tolist() == [1.0 - 3.0, 2.0 - 1.0]
    # Nobody alike is known; it is not known itself.
    assert np.isnan(found[2:]).all()
    assert suspicion.beside(np.zeros((0, 3), dtype=np.int64), np.zeros(0)).shape == (0,)


def test_a_loss_is_read_where_training_has_come_to() -> None:
    assert suspicion.late_loss([9.0, 8.0, 1.0, 3.0]) == 2.0
    assert suspicion.late_loss([9.0, 2.0, 4.0]) == 3.0
    assert suspicion.late_loss([0.5]) == 0.5
    assert np.isnan(suspicion.late_loss([]))
    assert np.isnan(suspicion.late_loss(None))


def test_a_kind_of_question_that_is_hard_for_the_model_is_not_suspicious() -> None:
    rng = np.random.default_rng(1)
    kind = np.repeat([0, 1], 50)
    vectors = np.eye(2)[kind] + rng.normal(0, 0.05, (100, 2))
    probability = np.where(kind == 0, 0.9, 0.3)
    # One easy sample that the model gives as little as every hard one.
    probability[7] = 0.3
    candidates = [
        [{"answer": "yes", "probability": p}, {"answer": "no", "probability": 1 - p}]
        for p in probability
    ]
    rows = table(position=list(range(100)), candidates=candidates)
    ranks = suspicion.suspicious_ranks(suspicion.measure(rows, vectors, None))
    assert ranks["probability_beside_alike"].argmax() == 7
    assert ranks["margin_beside_alike"].argmax() == 7
    assert (ranks["reference_probability"] > 0.7).sum() == 51


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
    assert ranks["loss_beside_alike"].argmax() == 2
    assert np.nanargmax(ranks["image_text_similarity"]) == 1
    assert np.isnan(ranks["image_text_similarity"][3])
    assert ranks["loss_beside_alike"].tolist() == [0.125, 0.625, 0.875, 0.375]
