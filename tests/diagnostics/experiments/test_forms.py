"""Trainers as they are chosen: epochs and honours by page, command and API; a checkpoint for real."""

import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from diagnostics.experiments import carrying_out, designing
from diagnostics.experiments.designing import ExperimentRefused, Wish, trainer_options
from diagnostics.experiments.forms import ExperimentForm
from diagnostics.models import Experiment
from diagnostics.science.experiments.catalogue.registry import BY_NAME
from diagnostics.science.testbed.questions import ANSWERS
from tests.annotations.audit_factories import ingest_run, make_member, make_project_of
from tests.diagnostics.experiments.experiment_factories import run_of, write_world
from tests.diagnostics.science.experiments.training.trainers.test_checkpoint import save_vilt
from triage.models import Role

pytestmark = pytest.mark.django_db
TYPED = {"seeds": "3", "curated": "", "trainer": "builtin", "checkpoint": "", "command": ""}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def run(written, settings):
    settings.COMPUTE_JOBS = 1
    return run_of(written)


def test_epochs_are_stored_with_the_trainer_and_reach_it(run) -> None:
    assert trainer_options("builtin", "") == {}
    assert trainer_options("builtin", "", epochs=9) == {"epochs": 9}
    options = trainer_options("checkpoint", "m", epochs=2)
    assert options == {"model": "m", "epochs": 2}
    wish = Wish("contrastive", seeds=(0, 1, 2), trainer="checkpoint", trainer_options=options)
    experiment = designing.design(run, wish)
    carrying_out.freeze(experiment)
    material = carrying_out.material_of(experiment, lambda share, step: None)

    assert carrying_out.trainer_options(experiment, material)["schedule"].epochs == 2


@pytest.mark.parametrize("epochs", [0, -1, 1001])
def test_a_length_that_cannot_be_is_refused(epochs: int) -> None:
    with pytest.raises(ExperimentRefused, match="1 to 1000 epochs"):
        trainer_options("builtin", "", epochs=epochs)


def test_a_command_has_the_honours_of_the_settings_and_no_epochs(settings) -> None:
    settings.TRAINING_COMMANDS = {"x": ["true"]}
    settings.TRAINING_COMMAND_HONOURS = {"x": ["augmented"]}

    assert trainer_options("command", "x")["honours"] == ["augmented"]
    assert trainer_options("command", "x", ["attended"])["honours"] == ["attended", "augmented"]
    with pytest.raises(ExperimentRefused, match="how long it trains"):
        trainer_options("command", "x", epochs=3)
    settings.TRAINING_COMMAND_HONOURS = {"x": ["magic"]}
    with pytest.raises(ExperimentRefused, match="no factor magic"):
        trainer_options("command", "x")


def test_the_page_takes_epochs_and_refuses_none_or_too_many(run) -> None:
    kind = BY_NAME["contrastive"]

    chosen = ExperimentForm(run, kind, {**TYPED, "epochs": "7"})
    assert chosen.is_valid(), chosen.errors
    assert chosen.wish().trainer_options == {"epochs": 7}
    assert ExperimentForm(run, kind, TYPED).is_valid()
    for epochs in ("0", "1001", "many"):
        assert "epochs" in ExperimentForm(run, kind, {**TYPED, "epochs": epochs}).errors


def test_the_api_takes_epochs(client, run) -> None:
    client.force_login(make_member(run.project, "lead", Role.LEAD))
    address = reverse("api-run-experiments", args=[run.pk])

    said = client.post(
        address, {"name": "sorcery", "epochs": 0}, content_type="application/json"
    ).json()
    assert "epochs" in said


def test_a_share_is_withheld_where_a_run_lacks_nothing(run) -> None:
    kind = BY_NAME["imputation"]

    form = ExperimentForm(run, kind)
    assert form["o-withheld"].value() == 0.3
    experiment = designing.design(run, Wish("imputation", seeds=(0, 1, 2)))
    shares = [arm["settings"]["blanked_image"] for arm in experiment.design["arms"]]
    assert experiment.options == {"withheld": 0.3}
    assert shares == [0.3, 0.3]
    with pytest.raises(ExperimentRefused, match="withhold a share of the tested pictures"):
        designing.design(run, Wish("imputation", options={"withheld": 0.0}))


def test_nothing_is_withheld_where_a_run_lacks_something() -> None:
    rows = [
        {
            "sample_id": f"s{n}", "question": "How many?" if n % 2 else "What",
            "answers": ["two"], "prediction": "one", "split": "test" if n % 3 else "train",
        }
        for n in range(12)
    ]  # fmt: skip
    run = ingest_run(make_project_of(), rows)

    assert ExperimentForm(run, BY_NAME["imputation"])["o-withheld"].value() == 0.0


@pytest.mark.slow
def test_a_checkpoint_is_trained_by_the_command_from_end_to_end(run, tmp_path, capsys) -> None:
    save_vilt(tmp_path / "vilt", tuple(ANSWERS))

    call_command(
        "run_experiment", str(run.pk), "context_ablation",
        "--seeds", "3", "--trainer", "checkpoint", "--checkpoint", str(tmp_path / "vilt"),
        "--epochs", "1", "--json",
    )  # fmt: skip

    document = json.loads(capsys.readouterr().out)
    assert document["state"] == "done"
    assert {each["state"] for each in document["trials"]} == {"done"}
    assert document["configuration"]["trainer_configuration"]["schedule"]["epochs"] == 1
    assert len(document["reading"]["charts"][0]["series"][0]["x"]) == 1
    experiment = Experiment.objects.get(uuid=document["uuid"])
    assert experiment.trainer_options == {"model": str(tmp_path / "vilt"), "epochs": 1}
