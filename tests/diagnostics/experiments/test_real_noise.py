"""Labels that people really got wrong, through the queue, a curated set and the experiment."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth import get_user_model

from annotations.cleaning.cleaning import standing_repairs
from benchmarks.real_noise import (
    Labelled,
    answer_queue,
    arms_of,
    decisions_of,
    predicted,
    read_labels,
    scored_run,
    tried,
)
from diagnostics.experiments import carrying_out
from diagnostics.experiments.designing import read_design
from diagnostics.science.experiments.material import treatment

pytestmark = pytest.mark.realdata
ANSWERED = 200


@pytest.fixture
def labelled(real_data: Path) -> Labelled:
    return read_labels(real_data, "worse_label")


def test_only_training_has_wrong_labels(labelled: Labelled) -> None:
    assert labelled.trained.sum() == 700
    assert not labelled.wrong[~labelled.trained].any()
    assert 0.3 < labelled.wrong[labelled.trained].mean() < 0.5


def test_predictions_of_training_are_worse_than_a_fit_and_better_than_chance(
    labelled: Labelled,
) -> None:
    shares, names = predicted(labelled)
    best = names[shares.argmax(1)]

    np.testing.assert_allclose(shares.sum(1), 1)
    for rows in (labelled.trained, ~labelled.trained):
        assert 0.2 < (best == labelled.clean)[rows].mean() < 0.6


@pytest.mark.slow
@pytest.mark.django_db
# joblib renews a worker that has grown, and says so in a thread that the error would end.
@pytest.mark.filterwarnings("ignore:A worker stopped while some jobs:UserWarning")
def test_cleaning_by_the_queue_ends_in_an_experiment_that_trains_on_corrections(
    labelled: Labelled, tmp_path: Path, settings: Any
) -> None:
    settings.COMPUTE_JOBS = 1
    run, score = scored_run(labelled, tmp_path / "record", "worse_label")
    person = get_user_model().objects.create_user("knows-the-labels")

    said = answer_queue(run, score, labelled, person, ANSWERED)

    assert len(said) == ANSWERED
    assert np.mean(said) > labelled.wrong[labelled.trained].mean()
    repaired = set(standing_repairs(run).values_list("sample_id", flat=True))
    tested_names = {
        name for name, own in zip(labelled.names, labelled.trained, strict=True) if not own
    }
    assert len(repaired) == ANSWERED
    assert not repaired & tested_names

    experiment = tried(run, 3, "mismatch")

    assert experiment.phase == "done"
    assert [each.state for each in experiment.trials.all()] == ["done"] * 12
    assert decisions_of(experiment) == {
        "kept": len(labelled.names) - sum(said),
        "corrected": sum(said),
    }
    reading = carrying_out.reading_of(experiment)
    assert reading is not None
    arms = arms_of(reading, 300)
    assert list(arms) == ["baseline", "cleaned", "weighted", "both"]
    assert all(arm["trials"] == 3 for arm in arms.values())
    # What the arms were shown: corrections in training alone, and the same test for both.
    material, design = (
        carrying_out.material_of(experiment, lambda share, step: None),
        read_design(experiment),
    )
    as_is, cleaned = (design.arm(name).settings for name in ("baseline", "cleaned"))
    before, after = (treatment.training_examples(material, each, 0) for each in (as_is, cleaned))
    differ = [one != other for one, other in zip(before.answers, after.answers, strict=True)]
    assert sum(differ) == sum(said)
    tests = [treatment.tested_examples(material, each, 0).answers for each in (as_is, cleaned)]
    assert tests[0] == tests[1]
