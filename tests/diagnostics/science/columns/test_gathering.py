"""A run's files as columns: every number is the sample's own, whatever part it lies in."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon

from diagnostics.science.columns.gathering import Sources, gather, group_of
from diagnostics.science.columns.metadata import metadata_groups
from diagnostics.science.columns.novelty import question_novelty
from diagnostics.science.columns.token_attention import divergences, jensen_shannon
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    ingest_run,
    make_project_of,
)
from triage.science.record.records import BY_NAME

pytestmark = pytest.mark.django_db


def full_rows(count: int = 12) -> list[dict]:
    rng = np.random.default_rng(3)
    rows = error_rows(count // 2, right=count - count // 2)
    for number, row in enumerate(rows):
        row["split"] = "train" if number % 3 == 0 else "test"
        row["template"] = f"t{number % 2}"
        row["confidence"] = 0.5 + number / 100
        row["candidates"] = [
            {"answer": row["prediction"], "probability": 0.6},
            {"answer": "TWO.", "probability": 0.3},
        ]
        row["text_only"] = {"prediction": "Two", "confidence": 0.4}
        row["image_embedding"] = rng.normal(size=4).tolist()
        row["text_embedding"] = rng.normal(size=4).tolist()
        row["site"] = ("north", "south")[number % 2]
        row["serial"] = f"x{number}"
        if number % 3 == 0:
            row["loss"] = [1.0, 0.5, 0.25][: 1 + number % 2 + 1]
    return rows


def gathered(rows: list[dict], clusters: dict[int, int] | None = None):
    run = ingest_run(make_project_of(), rows)
    found = cluster_errors(run, clusters).uuid.hex if clusters else None
    sources = Sources(run.folder, run.scoring, found)
    return gather(sources, image_size=lambda path: None)


def test_every_sample_has_its_own_numbers() -> None:
    rows = full_rows()

    samples = gathered(rows)

    assert len(samples) == 12
    assert samples.error.tolist() == [True] * 6 + [False] * 6
    assert samples.numbers["confidence"] == pytest.approx([row["confidence"] for row in rows])
    assert samples.numbers["reference_rank"].tolist() == [2] * 6 + [1] * 6
    assert samples.numbers["top_margin"] == pytest.approx(np.full(12, 0.3))
    assert samples.numbers["text_only_credit"].tolist() == [1] * 12
    assert samples.numbers["text_only_same"].tolist() == [0] * 6 + [1] * 6
    assert samples.number("image_only_credit") is None
    assert samples.number("attention_entropy") is None
    assert samples.numbers["train_freq_of_template"].tolist() == [2] * 12
    assert samples.in_split("train").tolist() == [n % 3 == 0 for n in range(12)]
    assert samples.losses is not None
    assert samples.losses[0].tolist()[:2] == [1.0, 0.5]
    assert np.isnan(samples.losses[1]).all()


def test_names_are_groups_and_identifiers_are_not() -> None:
    samples = gathered(full_rows(), clusters={0: 0, 1: 1, 2: 1})

    assert samples.groups["meta.site"].counts().tolist() == [6, 6]
    assert "meta.serial" not in samples.groups
    assert samples.groups["answer"].labels == ("2",)
    assert samples.groups["cluster"].counts().tolist() == [1, 2]
    assert samples.groups["cluster"].codes[6:].tolist() == [-1] * 6
    assert samples.group("difficulty") is None


def test_embeddings_of_one_length_lie_in_one_space() -> None:
    rows = full_rows()
    del rows[2]["image_embedding"]

    samples = gathered(rows)

    assert samples.image_vectors is not None
    assert samples.text_vectors is not None
    assert samples.image_vectors.one_space
    assert samples.image_vectors.rows.tolist() == [0, 1, *range(3, 12)]
    assert samples.image_vectors.values[2] == pytest.approx(rows[3]["image_embedding"])
    assert samples.text_vectors.values.shape == (12, 4)


def test_people_who_disagree_are_counted_by_answer() -> None:
    rows = full_rows()
    rows[1]["answers"] = ["two", "2", "three", "two", "four"]

    counts = gathered(rows).reference_counts

    assert counts is not None
    assert counts[1][:4].tolist() == [3, 1, 1, 0]
    assert counts[0][:2].tolist() == [1, 0]


def test_a_bare_record_is_bare_columns() -> None:
    rows = [{"sample_id": "a", "question": "?", "prediction": "1", "answers": ["2"]}]

    samples = gathered(rows)

    assert samples.error.tolist() == [True]
    assert samples.losses is None
    assert samples.reference_counts is None
    assert samples.image_vectors is None
    assert {name for name in samples.numbers if samples.number(name) is not None} <= {
        "candidate_count",
        "question_words",
    }


def test_novelty_counts_words_that_training_hardly_has() -> None:
    questions = pa.chunked_array(
        [["red ball", "Red cube 7?", "blue ball", "crimson ball", "red", "???", "red oblong"]]
    )
    split = pa.chunked_array([["train", "train", "train", "test", "ood", "test", "train"]])

    found = question_novelty(questions, split)

    # blue: once in training, its own; ball and red: known from others.
    assert found == pytest.approx([1 / 2, 1 / 2, 1, 1 / 2, 0, 0, 1 / 2])
    assert np.isnan(question_novelty(questions, pa.chunked_array([["test"] * 7]))).all()


def test_the_divergence_is_scipys_distance_squared() -> None:
    rng = np.random.default_rng(1)
    first, second = (rng.dirichlet(np.ones(9), size=20) for _ in range(2))

    found = jensen_shannon(first, second)

    expected = [jensenshannon(a, b, base=2) ** 2 for a, b in zip(first, second, strict=True)]
    assert found == pytest.approx(expected)


def test_a_word_that_looks_elsewhere_in_one_sample_stands_out() -> None:
    usual, other = [[0.9, 0.1], [0.0, 0.0]], [[0.0, 0.0], [0.1, 0.9]]
    grids = [[("left", usual)]] * 6 + [[("Left", other)], [("rare", usual)], None]
    column = pa.chunked_array([pa.array(grids, BY_NAME["token_attention"].arrow)])

    found = divergences(column)

    assert found[6] > 0.9
    assert (found[:6] < 0.2).all()
    assert np.isnan(found[7:]).all()


def test_metadata_that_is_no_object_is_no_group() -> None:
    column = pa.chunked_array([["[1]", "not json", None, '{"a": 1.5}', '{"b": "x"}']])

    assert metadata_groups(column) == {}


def test_groups_share_a_normal_form() -> None:
    group = group_of(pa.chunked_array([["A", "b"], ["a", None]]), str.lower)

    assert group.labels == ("a", "b")
    assert group.codes.tolist() == [0, 1, 0, -1]


def test_questions_stand_in_for_text_embeddings_that_were_not_given() -> None:
    rows = error_rows(30, right=10)
    for number, row in enumerate(rows):
        row["question"] = ("How many red cups?", "Where is the dog?")[number % 2]

    found = gathered(rows).text_vectors

    assert found is not None
    assert not found.one_space
    assert found.rows.tolist() == list(range(40))
    same = found.values @ found.values.T
    assert same[0, 2] > 0.99
    assert abs(same[0, 1]) < 0.01


def test_a_picture_is_measured_once_and_only_for_boxes_in_pixels() -> None:
    pixels, shares = [0, 0, 40, 20], [0.1, 0.1, 0.5, 0.5]
    given = [
        ("a.png", [pixels], None),
        ("a.png", [shares, pixels], None),
        ("b.png", [shares], None),
        ("c.png", [shares], pixels),
        ("d.png", None, pixels),
        ("e.png", None, None),
    ]
    rows = [
        {
            "sample_id": f"s{number}",
            "question": "where is it?",
            "answers": ["here"],
            "prediction": "there",
            "image": image,
            "boxes": boxes,
            "predicted_box": predicted,
        }
        for number, (image, boxes, predicted) in enumerate(given)
    ]
    asked: list[str] = []

    def size(path: str) -> tuple[int, int]:
        asked.append(path)
        return 80, 80

    run = ingest_run(make_project_of(), rows)
    found = gather(Sources(run.folder, "exact"), image_size=size)

    assert sorted(asked) == ["a.png", "c.png"]
    assert found.numbers["localization_iou"][3] == pytest.approx(
        (0.4 * 0.15) / (0.16 + 0.125 - 0.4 * 0.15)
    )
