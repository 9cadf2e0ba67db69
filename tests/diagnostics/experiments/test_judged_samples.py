"""What people said of a run's samples, as experiments read it."""

import uuid
from collections import Counter

import numpy as np
import pytest

from annotations.science.curation.curation import Recipe
from diagnostics.experiments.judged_samples import (
    CuratedSetUnreadable,
    judged_samples,
    read_decisions,
    with_people,
)
from diagnostics.experiments.needs import source_of
from diagnostics.science.experiments.material.gathering import outline_material
from tests.diagnostics.experiments.experiment_factories import (
    closed_top_five,
    curated_of,
    repair_training,
    run_of,
    score_run,
    truth_of,
    write_world,
)
from triage.science.store.store import DataRoot

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("file_format", ["parquet", "jsonl", "csv"])
def test_decisions_are_read_back_as_they_were_written(written, file_format) -> None:
    run = run_of(written)
    faulty = repair_training(run, written)
    curated = curated_of(run, file_format)

    found = read_decisions(curated)

    assert len(found) == run.samples
    counts = Counter(decision for decision, _weight, _answer in found.values())
    assert counts["dropped"] + counts["corrected"] == faulty
    truth = truth_of(written)
    for name, (decision, weight, answer) in found.items():
        if decision == "corrected":
            assert answer == truth[name]["true_answer"]
        else:
            assert not answer
        assert weight == (0.0 if decision == "dropped" else 1.0)


def test_a_set_that_was_changed_since_is_refused(written, settings) -> None:
    run = run_of(written)
    repair_training(run, written)
    curated = curated_of(run)
    root = DataRoot(settings.DATA_ROOT)
    root.put(f"exports/{curated.uuid.hex}/__record/weights.parquet", b"other bytes")

    with pytest.raises(CuratedSetUnreadable, match="changed since"):
        read_decisions(curated)


def test_a_set_whose_files_are_elsewhere_is_refused(written) -> None:
    run = run_of(written)
    curated = curated_of(run)
    curated.uuid = uuid.uuid4()

    with pytest.raises(CuratedSetUnreadable, match="not in the data root"):
        read_decisions(curated)


def test_everything_people_said_reaches_the_material(written) -> None:
    run = run_of(written)
    faulty = repair_training(run, written)
    accepted = closed_top_five(run)
    score = score_run(run)
    material = outline_material(source_of(run))

    found = with_people(material, judged_samples(run, curated_of(run), score), "a set")

    assert found.curated is not None
    assert found.curated.name == "a set"
    assert int((found.curated.decision != "kept").sum()) == faulty
    assert not np.isin(found.curated.decision[found.tested()], ("dropped", "corrected")).any()
    assert found.suspicion is not None
    assert np.isfinite(found.suspicion).all()
    assert found.judged is not None
    repaired = set(run.repairs.values_list("sample_id", flat=True))
    assert set(found.sample_id[found.judged].tolist()) == repaired | set(accepted)
    assert found.accepted is not None
    for row, name in enumerate(found.sample_id.tolist()):
        more = (accepted[name],) if name in accepted else ()
        assert found.accepted[row] == tuple(dict.fromkeys((*found.answers[row], *more)))


def test_what_nobody_said_stays_unknown(written) -> None:
    run = run_of(written)

    found = with_people(outline_material(source_of(run)), judged_samples(run))

    parts = (found.curated, found.suspicion, found.found_clean, found.judged, found.accepted)
    assert parts == (None,) * 5


def test_a_recipe_decides_like_the_set_that_it_will_freeze(written) -> None:
    run = run_of(written)
    repair_training(run, written)

    ahead = judged_samples(run, recipe=Recipe())
    frozen = judged_samples(run, curated_of(run))

    for name in ("decision", "weight", "corrected_answer"):
        assert ahead[name].to_pylist() == frozen[name].to_pylist()


def test_an_open_top_five_check_accepts_nothing(written) -> None:
    run = run_of(written)
    closed_top_five(run)
    run.audits.update(state="open")

    assert judged_samples(run)["accepted"].null_count == run.samples
