"""Experiments from design to reading: real trials, stopped, resumed, repeated, refused."""

import contextlib
import dataclasses
import json
import pickle
import sys
import threading
import time
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotations.science.curation.curation import Recipe
from diagnostics.experiments import carrying_out, designing
from diagnostics.experiments.designing import ExperimentRefused, Wish, files_of, read_design
from diagnostics.experiments.tasks import EXPERIMENT, start_experiment
from diagnostics.models import Experiment, Trial
from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.training import files as experiment_files
from diagnostics.science.experiments.training.arm_groups import groups
from diagnostics.science.experiments.training.files import FilesChanged
from tests.annotations.audit_factories import error_rows, ingest_run, make_project_of
from tests.diagnostics.experiments.experiment_factories import (
    curated_of,
    repair_training,
    run_of,
    score_run,
    write_world,
)
from triage.models import Job

pytestmark = pytest.mark.django_db
# The smallest model there is, and a moment of training.
QUICK = {"epochs": 1, "least_steps": 12, "width": 8, "layers": 1}
CONTRASTIVE = Wish("contrastive", seeds=(0, 1, 2), trainer_options=QUICK)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def run(written, settings):
    # In this process: a worker of its own takes longer to start than the trials take.
    settings.COMPUTE_JOBS = 1
    return run_of(written)


def carried_out(run, wish: Wish = CONTRASTIVE) -> Experiment:
    experiment = designing.design(run, wish)
    carrying_out.carry_out(experiment)
    return again_from_rows(experiment)


def again_from_rows(experiment: Experiment) -> Experiment:
    return Experiment.objects.get(pk=experiment.pk)


def test_an_experiment_is_designed_trained_and_read(run) -> None:
    experiment = carried_out(run)

    assert (experiment.state, experiment.why) == ("done", "")
    assert set(experiment.trials.values_list("state", flat=True)) == {"done"}
    assert experiment.trials.count() == 6
    reading = carrying_out.reading_of(experiment)
    assert [each["name"] for each in reading["arms"]] == ["baseline", "contrastive"]
    difference = reading["comparisons"][0]["difference"]
    assert experiment.summary["difference"] == difference
    assert difference["count"] == 3
    assert difference["low"] <= difference["value"] <= difference["high"]
    assert experiment.configuration["epochs"] == 1
    assert experiment.configuration["samples"] == experiment.configuration["of"] == run.samples
    assert experiment.checksum == run.source_sha256


def test_a_trial_s_file_holds_what_its_row_says(run) -> None:
    experiment = carried_out(run)
    files = files_of(experiment)

    for trial in experiment.trials.all():
        outcome = files.read_trial(trial.place, trial.seed)
        assert (outcome.arm, outcome.seed, outcome.state) == (trial.arm, trial.seed, "done")
        assert outcome.credit.mean() == trial.credit
        assert len(outcome.rows) == len(outcome.predictions) == 120
        assert len(outcome.curve) >= 1
        table = files.run.read_table(*files.trial_path(trial.place, trial.seed))
        assert table["position"].to_pylist() == sorted(table["position"].to_pylist())


def test_the_same_anew_gives_the_same_bits(run, written) -> None:
    repair_training(run, written)
    first = carried_out(run, dataclasses.replace(CONTRASTIVE, recipe=Recipe()))
    # What people say afterwards changes nothing.
    run.repairs.all().delete()
    anew = designing.again(first)
    carrying_out.carry_out(anew)

    for trial in first.trials.all():
        before = files_of(first).read_trial(trial.place, trial.seed)
        after = files_of(anew).read_trial(trial.place, trial.seed)
        assert before.credit.tolist() == after.credit.tolist()
        assert before.predictions.tolist() == after.predictions.tolist()
        assert before.confidence.tolist() == after.confidence.tolist()
        assert before.curve[-1][0] == after.curve[-1][0]
    assert anew.people_checksum == first.people_checksum


def test_cleaning_freezes_the_set_that_it_trains_on(run, written) -> None:
    faulty = repair_training(run, written)
    wish = Wish("cleaning", seeds=(0, 1, 2), trainer_options=QUICK, recipe=Recipe())

    experiment = carried_out(run, wish)

    assert experiment.state == "done"
    counts = experiment.curated_set.manifest["counts"]
    assert counts["dropped"] + counts["corrected"] == faulty
    assert [arm["name"] for arm in experiment.design["arms"]] == ["baseline", "random", "cleaned"]
    assert experiment.summary["arm"] == "cleaned"


def test_what_is_missing_is_said_with_how_to_get_it(run) -> None:
    with pytest.raises(ExperimentRefused, match=r"curated set.*freeze a curated set"):
        designing.design(run, Wish("cleaning", seeds=(0, 1, 2)))
    with pytest.raises(ExperimentRefused, match="mismatch scores"):
        designing.design(run, Wish("reweighting"))
    score_run(run)
    assert designing.design(run, Wish("reweighting")).score is not None


def test_a_spatial_experiment_without_boxes_is_refused() -> None:
    bare = ingest_run(
        make_project_of(),
        [{**row, "split": "train" if n % 2 else "test"} for n, row in enumerate(error_rows(20))],
    )
    with pytest.raises(ExperimentRefused, match="boxes"):
        designing.design(bare, Wish("attention"))
    assert not Experiment.objects.exists()


def test_an_arm_that_changes_two_factors_is_refused_with_their_names(run) -> None:
    arms = (
        {"name": "base"},
        {"name": "two", "control": "base", "settings": {"contrastive": True, "placed": False}},
    )
    with pytest.raises(ExperimentRefused, match="placed and contrastive at once"):
        designing.design(run, Wish("custom", arms=arms))


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        (({"name": "base"}, {"name": "x", "control": "base", "settings": {"magic": 1}}), "magic"),
        (({"words": "no name"},), "name"),
        (({"name": "base"}, {"name": "x", "control": "base"}), "does not differ"),
        (({"name": "base"},), "at least one treatment"),
    ],
)
def test_arms_that_cannot_be_read_are_refused(run, arms, words) -> None:
    with pytest.raises(ExperimentRefused, match=words):
        designing.design(run, Wish("custom", arms=arms))


def test_unknown_names_and_parts_of_other_runs_are_refused(run, written) -> None:
    other = run_of(written, name="second")
    curated = curated_of(other)
    elsewhere = run_of(written, make_project_of("Elsewhere"))
    for wish, words in (
        (Wish("sorcery"), "There is no experiment"),
        (Wish("contrastive", seeds=(0, 1)), "3 to 5 seeds"),
        (Wish("contrastive", options={"x": 1}), "no such option"),
        (Wish("contrastive", curated=curated), "another run"),
        (Wish("other_run", target=elsewhere), "another project"),
        (Wish("other_run", target=run), "own target"),
        (Wish("knowledge", glossary="no colon"), "line 1"),
    ):
        with pytest.raises(ExperimentRefused, match=words):
            designing.design(run, wish)


def test_another_run_is_tested_on(run, written) -> None:
    other = run_of(written, name="second")
    wish = Wish("other_run", seeds=(0, 1, 2), target=other, trainer_options=QUICK)

    experiment = carried_out(run, wish)

    # The same world: the same model answers it alike.
    assert experiment.summary["difference"]["value"] == 0


def test_a_glossary_teaches_other_words(run) -> None:
    wish = Wish(
        "knowledge", seeds=(0, 1, 2), glossary="circle: disc, round one", trainer_options=QUICK
    )
    assert carried_out(run, wish).state == "done"


class Interrupted(Exception):
    """Stands for a killed process: nothing after it is carried out."""


def test_after_a_crash_only_what_is_left_is_trained(run, monkeypatch) -> None:
    experiment = designing.design(run, CONTRASTIVE)
    keep, kept = carrying_out._keep, []

    def keep_and_die(*given: object) -> None:
        if kept:
            raise Interrupted
        kept.append(True)
        keep(*given)

    monkeypatch.setattr(carrying_out, "_keep", keep_and_die)
    with pytest.raises(Interrupted):
        carrying_out.carry_out(experiment)
    monkeypatch.undo()
    # A kill would not have said so.
    Experiment.objects.update(state="running", heard_at=timezone.now() - timedelta(minutes=5))
    experiment = again_from_rows(experiment)
    assert experiment.phase == "interrupted"
    before = {each.pk: each.finished_at for each in experiment.trials.filter(state="done")}
    assert len(before) == 3

    carrying_out.reopen(experiment)
    carrying_out.carry_out(experiment)

    experiment = again_from_rows(experiment)
    assert experiment.state == "done"
    for trial in experiment.trials.filter(pk__in=before):
        assert trial.finished_at == before[trial.pk]
    whole = carried_out(run)
    credits = experiment.trials.values_list("arm", "seed", "credit")
    assert list(credits) == list(whole.trials.values_list("arm", "seed", "credit"))


def test_a_stop_gives_up_what_is_trained_and_resume_goes_on(run) -> None:
    experiment = designing.design(run, CONTRASTIVE)
    files_of(experiment).ask_stop()
    carrying_out.carry_out(experiment)
    experiment = again_from_rows(experiment)
    assert experiment.state == "stopped"
    assert experiment.may_resume
    assert not experiment.trials.exclude(state="waiting").exists()

    carrying_out.reopen(experiment)
    carrying_out.carry_out(experiment)

    assert again_from_rows(experiment).state == "done"


@pytest.mark.parametrize("backend", ["local", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_stopped_training_goes_on_from_its_epoch_and_leaves_nothing_behind(
    run, settings, monkeypatch, backend
) -> None:
    if backend == "ray":
        pytest.importorskip("ray")
    monkeypatch.setattr(experiment_files, "SECONDS_BETWEEN_WORDS", 0.0)
    settings.COMPUTE_BACKEND = backend
    wish = dataclasses.replace(CONTRASTIVE, trainer_options={**QUICK, "epochs": 40})
    experiment = designing.design(run, wish)
    files, steps = files_of(experiment), []

    def stop_in_the_middle() -> None:
        while not any("epoch" in step for _share, step in files.told().values()):
            time.sleep(0.02)
        files.ask_stop()

    threading.Thread(target=stop_in_the_middle, daemon=True).start()
    carrying_out.carry_out(experiment)
    experiment = again_from_rows(experiment)
    assert experiment.state == "stopped"
    assert files.run.has(*files.path("kept"))
    before = experiment.trials.filter(state="done").count()
    assert before in (0, 3)

    carrying_out.reopen(experiment)
    look = threading.Thread(target=lambda: steps.extend(told_steps(files)), daemon=True)
    look.start()
    carrying_out.carry_out(experiment)
    look.join(timeout=60)

    experiment = again_from_rows(experiment)
    assert experiment.state == "done"
    assert any("taken up after epoch" in step for step in steps)
    assert not files.run.has(*files.path("kept"))
    whole = carried_out(run, wish)
    for trial in experiment.trials.all():
        one = files.read_trial(trial.place, trial.seed)
        other = files_of(whole).read_trial(trial.place, trial.seed)
        assert one.predictions.tolist() == other.predictions.tolist()
        assert one.confidence.tolist() == other.confidence.tolist()
        np.testing.assert_array_equal(np.array(one.curve), np.array(other.curve))


def told_steps(files) -> list[str]:
    """The first step that names an epoch, as a page shows it."""
    while not (found := [step for _share, step in files.told().values() if "epoch" in step]):
        time.sleep(0.02)
    return found


def test_one_that_waits_is_stopped_at_once(run) -> None:
    experiment = designing.design(run, CONTRASTIVE)
    carrying_out.stop(experiment)

    assert again_from_rows(experiment).state == "stopped"
    assert carrying_out.carry_out(experiment) is None
    with pytest.raises(ExperimentRefused, match="nothing to resume"):
        carrying_out.reopen(experiment)


def test_two_people_cannot_resume_at_once(run) -> None:
    experiment = designing.design(run, CONTRASTIVE)
    carrying_out.stop(experiment)
    first, second = again_from_rows(experiment), again_from_rows(experiment)
    carrying_out.reopen(first)

    with pytest.raises(ExperimentRefused, match="under way"):
        carrying_out.reopen(second)


def test_a_trial_that_fails_says_why_and_the_others_go_on(run) -> None:
    arms = (
        {"name": "baseline"},
        # Training on what people found clean, where nobody has judged anything.
        {"name": "clean", "control": "baseline", "settings": {"audited_only": True}},
        {"name": "contrastive", "control": "baseline", "settings": {"contrastive": True}},
    )
    wish = Wish("custom", arms=arms, seeds=(0, 1, 2), trainer_options=QUICK)

    experiment = carried_out(run, wish)

    states = dict(experiment.trials.values_list("arm", "state"))
    assert states == {"baseline": "done", "clean": "failed", "contrastive": "done"}
    assert experiment.state == "done"
    assert "train" in experiment.trials.filter(arm="clean").first().why
    assert experiment.may_resume


def test_when_every_trial_fails_the_experiment_says_why(run) -> None:
    wish = dataclasses.replace(CONTRASTIVE, trainer_options={"magic": 1})

    experiment = designing.design(run, wish)
    with pytest.raises(TypeError):
        carrying_out.carry_out(experiment)

    experiment = again_from_rows(experiment)
    assert experiment.state == "failed"
    assert "Something went wrong" in experiment.why


def test_a_frozen_file_that_was_changed_stops_it(run) -> None:
    first = carried_out(run)
    anew = designing.again(first)
    files = files_of(anew)
    files._write(b"other", "people.parquet")

    with pytest.raises(ExperimentRefused, match="changed since"):
        carrying_out.carry_out(anew)
    assert again_from_rows(anew).state == "failed"
    with pytest.raises(ExperimentRefused, match="changed since"):
        designing.again(again_from_rows(anew))
    with pytest.raises(FilesChanged):
        files.people(anew.people_checksum)


def test_a_job_carries_it_out_and_keeps_its_name(run) -> None:
    experiment = designing.design(run, CONTRASTIVE)
    job = start_experiment(experiment, user=None)

    job.refresh_from_db()
    assert (job.kind, job.state) == (EXPERIMENT.name, Job.State.DONE)
    assert job.title == "Regions and keywords, contrasted"
    assert again_from_rows(experiment).job == job


def test_a_job_that_ended_before_it_began_leaves_it_interrupted(run) -> None:
    experiment = designing.design(run, CONTRASTIVE)
    job = Job.objects.create(kind="experiment", project=run.project, run=run, state="failed")
    Experiment.objects.filter(pk=experiment.pk).update(job=job)

    assert again_from_rows(experiment).phase == "interrupted"
    assert again_from_rows(experiment).may_resume


def test_groups_train_together_what_trains_alike() -> None:
    base = Settings()
    arms = (
        Arm("a", "a", base),
        Arm("b", "b", dataclasses.replace(base, deleted="number"), "a"),
        Arm("c", "c", dataclasses.replace(base, contrastive=True), "a"),
    )
    design = Design(arms, (0, 1, 2))
    every = set(design.trials)

    together = groups(design, every, together=True)
    assert [[arm.name for arm in each.arms] for each in together] == [["a", "b"], ["c"]]
    apart = groups(design, every, together=False)
    assert len(apart) == 6
    left = groups(design, {("b", 1), ("c", 0), ("c", 2)}, together=True)
    assert [each.trials for each in left] == [(("b", 1),), (("c", 0), ("c", 2))]
    assert groups(design, set(), together=True) == ()


def test_the_command_says_the_sentence_and_prints_the_document(run, capsys, tmp_path) -> None:
    arms = tmp_path / "arms.json"
    arms.write_text(
        json.dumps(
            [
                {"name": "base"},
                {"name": "x", "control": "base", "settings": {"contrastive": True, "shots": 3}},
            ]
        )
    )
    with pytest.raises(CommandError, match="shots and contrastive at once"):
        call_command("run_experiment", str(run.pk), "mine", arms=arms)
    with pytest.raises(CommandError, match="freeze a curated set"):
        call_command("run_experiment", str(run.pk), "cleaning")
    with pytest.raises(CommandError, match="there are: cleaning"):
        call_command("run_experiment")
    first = carried_out(run)
    call_command("run_experiment", again=str(first.uuid), json=True)
    document = json.loads(capsys.readouterr().out)

    assert document["state"] == "done"
    assert len(document["trials"]) == 6
    assert document["reading"]["comparisons"][0]["difference"] == first.summary["difference"]
    call_command("run_experiment", again=str(first.uuid))
    said = capsys.readouterr().out
    assert "contrastive against baseline: " in said
    assert "If words are not tied to what is seen" in said


def test_the_design_is_read_back_as_it_was(run) -> None:
    experiment = designing.design(run, CONTRASTIVE)

    assert read_design(experiment) == designing.design_of(CONTRASTIVE)
    assert Trial.objects.filter(experiment=experiment).count() == 6


ANSWERS = """
import json, sys
import pyarrow.parquet as pq
about = json.load(open(sys.argv[1]))
rows = pq.read_table("manifest.parquet").to_pylist()
known = [row["answers"][0] for row in rows if row["split"] == "train" and not row["drop"]]
commonest = max(sorted(set(known)), key=known.count)
with open("predictions.jsonl", "w") as sink:
    for row in rows:
        if row["split"] == "test":
            sink.write(json.dumps({"sample_id": row["sample_id"], "prediction": commonest}) + "\\n")
"""


def test_a_command_that_the_settings_allow_trains(run, written, settings, tmp_path) -> None:
    script = tmp_path / "train.py"
    script.write_text(ANSWERS)
    settings.TRAINING_COMMANDS = {"commonest": [sys.executable, str(script)]}
    repair_training(run, written)
    wish = Wish(
        "cleaning",
        seeds=(0, 1, 2),
        recipe=Recipe(),
        trainer="command",
        trainer_options=designing.trainer_options("command", "commonest"),
    )

    experiment = carried_out(run, wish)

    assert experiment.state == "done"
    assert experiment.configuration["words"][-1] == str(script)
    assert len(experiment.configuration["checksums"]) >= 1
    with pytest.raises(ExperimentRefused, match="no factor magic"):
        designing.trainer_options("command", "commonest", ["magic"])
    settings.TRAINING_COMMANDS = {}
    with pytest.raises(ExperimentRefused, match="no command of this server"):
        designing.trainer_options("command", "commonest")


def test_a_command_that_fails_ends_each_trial_with_its_last_words(run, settings, tmp_path) -> None:
    script = tmp_path / "train.py"
    script.write_text("raise SystemExit('no GPU here')")
    settings.TRAINING_COMMANDS = {"broken": [sys.executable, str(script)]}
    wish = Wish(
        "few_shots",
        seeds=(0, 1, 2),
        trainer="command",
        trainer_options=designing.trainer_options("command", "broken"),
    )

    experiment = carried_out(run, wish)

    assert experiment.state == "failed"
    assert "no GPU here" in experiment.why
    assert experiment.may_resume


def test_what_a_trainer_is_given_can_go_to_another_process(run, settings) -> None:
    settings.TRAINING_COMMANDS = {"x": ["true"]}
    experiment = designing.design(run, CONTRASTIVE)
    carrying_out.freeze(experiment)
    material = carrying_out.material_of(experiment, lambda share, step: None)
    experiment.trainer, experiment.trainer_options = "command", {"command": "x"}
    options = pickle.loads(pickle.dumps(carrying_out.trainer_options(experiment, material)))
    experiment.trainer, experiment.trainer_options = "checkpoint", {"model": "m"}
    pictures = pickle.loads(pickle.dumps(carrying_out.trainer_options(experiment, material)))

    row = int(material.image[0])
    assert options["image_path"](row).is_file()
    assert pictures["load_image"](row).mode == "RGB"
    assert options["image_path"](-1) is None
    assert pictures["load_image"](10**6) is None


def test_a_checkpoint_that_is_not_there_is_said_plainly(run, tmp_path) -> None:
    wish = Wish(
        "few_shots",
        seeds=(0, 1, 2),
        trainer="checkpoint",
        trainer_options=designing.trainer_options("checkpoint", str(tmp_path / "none")),
    )
    experiment = designing.design(run, wish)
    with contextlib.suppress(ExperimentRefused):
        carrying_out.carry_out(experiment)

    experiment = again_from_rows(experiment)
    assert experiment.state == "failed"
    assert str(tmp_path / "none") in experiment.why


@pytest.mark.slow
def test_trials_in_processes_of_their_own_give_the_same_bits(run, settings) -> None:
    here = carried_out(run)
    settings.COMPUTE_JOBS = 2
    there = carried_out(run)

    credits = ("arm", "seed", "credit")
    assert list(here.trials.values_list(*credits)) == list(there.trials.values_list(*credits))


@pytest.mark.slow
def test_trials_on_a_ray_cluster_give_the_same_bits(run, settings) -> None:
    pytest.importorskip("ray")
    here = carried_out(run)
    settings.COMPUTE_BACKEND, settings.COMPUTE_JOBS = "ray", 2
    there = carried_out(run)

    assert there.state == "done"
    credits = ("arm", "seed", "credit")
    assert list(here.trials.values_list(*credits)) == list(there.trials.values_list(*credits))
