"""From a run's files to influence, and to templates that the questions give away."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from diagnostics.science.columns.gathering import Sources, gather
from diagnostics.science.columns.gathering_influence import influence_numbers
from diagnostics.science.measures.samples import Groups, Samples, Vectors
from tests.annotations.audit_factories import error_rows, ingest_run, make_project_of

TRAIN, TEST, ANSWERS, FLIPPED = 400, 100, 4, 40


def embedded(seed: int = 0) -> tuple[Samples, np.ndarray]:
    """A run whose image shows half of the answer and its text the other; some answers are false."""
    rng = np.random.default_rng(seed)
    count = TRAIN + TEST
    truth = rng.integers(ANSWERS, size=count)
    shown = np.eye(2)[truth // 2] * 6 + rng.normal(size=(count, 2))
    told = np.eye(2)[truth % 2] * 6 + rng.normal(size=(count, 2))
    false = np.isin(np.arange(count), rng.permutation(TRAIN)[:FLIPPED])
    answer = np.where(false, (truth + rng.integers(1, ANSWERS, size=count)) % ANSWERS, truth)
    split = (np.arange(count) >= TRAIN).astype(np.int32)
    rows = np.arange(count)
    samples = Samples(
        position=rows.astype(np.int64),
        credit=np.where(rng.random(count) < 0.3, 0.0, 1.0),
        error=(rng.random(count) < 0.3),
        groups={
            "answer": Groups(answer.astype(np.int32), tuple("abcd")),
            "split": Groups(split, ("train", "test")),
        },
        image_vectors=Vectors(rows, shown.astype(np.float32)),
        text_vectors=Vectors(rows[::-1], told[::-1].astype(np.float32)),
    )
    return samples, false


def test_false_answers_of_training_are_told_by_image_and_text_together() -> None:
    samples, false = embedded()

    numbers = influence_numbers(samples)

    itself, harm = numbers["self_influence"], numbers["influence_on_errors"]
    assert np.isfinite(itself[:TRAIN]).all()
    assert np.isnan(itself[TRAIN:]).all()
    assert np.isnan(harm[TRAIN:]).all()
    assert roc_auc_score(false[:TRAIN], itself[:TRAIN]) > 0.9
    assert roc_auc_score(false[:TRAIN], harm[:TRAIN]) > 0.85
    alone = influence_numbers(replace(samples, text_vectors=None))["self_influence"]
    assert roc_auc_score(false[:TRAIN], alone[:TRAIN]) < 0.9


def test_only_samples_with_both_vectors_are_known() -> None:
    samples, _ = embedded()
    assert samples.image_vectors is not None
    some = np.arange(0, TRAIN + TEST, 2)
    fewer = Vectors(some, samples.image_vectors.values[some])

    itself = influence_numbers(replace(samples, image_vectors=fewer))["self_influence"]

    assert np.flatnonzero(np.isfinite(itself)).tolist() == some[some < TRAIN].tolist()


def test_the_length_of_vectors_says_nothing() -> None:
    samples, _ = embedded()
    assert samples.image_vectors is not None
    longer = replace(samples.image_vectors, values=samples.image_vectors.values * 50)

    first, second = (
        influence_numbers(each) for each in (samples, replace(samples, image_vectors=longer))
    )

    assert second["self_influence"][:TRAIN] == pytest.approx(
        first["self_influence"][:TRAIN], rel=1e-2, abs=1e-4
    )


def test_without_vectors_answers_or_training_samples_there_is_nothing() -> None:
    samples, _ = embedded()
    split = Groups(np.ones(TRAIN + TEST, dtype=np.int32), ("train", "test"))

    assert influence_numbers(replace(samples, image_vectors=None)) == {}
    assert influence_numbers(replace(samples, groups={"split": samples.groups["split"]})) == {}
    assert influence_numbers(replace(samples, groups={**samples.groups, "split": split})) == {}
    assert influence_numbers(replace(samples, groups={"answer": samples.groups["answer"]})) == {}


def test_without_an_error_there_is_only_the_influence_on_itself() -> None:
    samples, _ = embedded()
    right = replace(samples, error=np.zeros(len(samples), dtype=bool))

    assert set(influence_numbers(right)) == {"self_influence"}


def gathered(rows: list[dict]) -> Samples:
    run = ingest_run(make_project_of(), rows)
    return gather(Sources(run.folder, run.scoring), image_size=lambda path: None)


def asked_rows(**more: str) -> list[dict]:
    """Sixty training samples and forty others, with two templates and an image embedding."""
    rng = np.random.default_rng(1)
    rows = error_rows(40, right=60)
    for number, row in enumerate(rows):
        colour, kind = ("red", "blue", "green")[number % 3], ("cup", "ball", "box")[number // 3 % 3]
        row["question"] = (f"Is the {colour} {kind} full?", f"How many {kind}s?")[number % 2]
        row["answers"] = [("yes", "3", "no")[number % 3]]
        row["split"] = "train" if number % 5 < 3 else "test"
        row["image_embedding"] = rng.normal(size=4).tolist()
        row |= more
    return rows


@pytest.mark.django_db
def test_a_run_without_templates_gets_mined_ones_and_their_coverage() -> None:
    samples = gathered(asked_rows())

    mined = samples.groups["mined_template"]
    assert "template" not in samples.groups
    assert set(mined.labels) == {"is the … full", "how many …"}
    assert mined.counts().tolist() == [50, 50]
    trained = mined.counts(samples.in_split("train"))
    assert samples.numbers["train_freq_of_template"].tolist() == trained[mined.codes].tolist()


@pytest.mark.django_db
def test_templates_of_the_file_are_not_mined() -> None:
    samples = gathered(asked_rows(template="t"))

    assert "mined_template" not in samples.groups
    assert samples.numbers["train_freq_of_template"].tolist() == [60] * 100


@pytest.mark.django_db
def test_a_run_with_embeddings_knows_the_influence_of_its_training_samples() -> None:
    samples = gathered(asked_rows())

    trained = samples.in_split("train")
    for name in ("self_influence", "influence_on_errors"):
        assert (np.isfinite(samples.numbers[name]) == trained).all()


@pytest.mark.django_db
def test_a_run_without_splits_has_templates_all_the_same() -> None:
    rows = asked_rows(template="t")
    for row in rows:
        del row["split"]

    samples = gathered(rows)

    assert np.isnan(samples.numbers["train_freq_of_template"]).all()
    assert "self_influence" not in samples.numbers


def test_hidden_states_are_read_before_embeddings() -> None:
    samples, false = embedded()
    assert samples.image_vectors is not None
    assert samples.text_vectors is not None
    both = np.hstack([samples.image_vectors.values, samples.text_vectors.values[::-1]])
    state = Vectors(np.arange(TRAIN + TEST), both)

    with_state = influence_numbers(replace(samples, state_vectors=state))
    alone = influence_numbers(
        replace(samples, state_vectors=state, image_vectors=None, text_vectors=None)
    )

    itself = with_state["self_influence"]
    assert itself[:TRAIN].tolist() == alone["self_influence"][:TRAIN].tolist()
    assert roc_auc_score(false[:TRAIN], itself[:TRAIN]) > 0.9


@pytest.mark.django_db
def test_a_run_with_hidden_states_alone_knows_influence() -> None:
    rows = asked_rows()
    for row in rows:
        row["hidden_state"] = row.pop("image_embedding")

    samples = gathered(rows)

    assert samples.image_vectors is None
    assert (np.isfinite(samples.numbers["self_influence"]) == samples.in_split("train")).all()
