"""The demonstration: every experiment can begin on it, from file to verdict made by the product."""

import pytest

from annotations.models import Audit, Repair
from annotations.science.curation.curation import Recipe
from diagnostics.demonstration.demonstration import OTHER_RUN, RUN, demonstrate
from diagnostics.experiments import carrying_out, designing
from diagnostics.experiments.designing import Wish
from diagnostics.models import Experiment
from diagnostics.science.experiments.catalogue.registry import EXPERIMENTS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
QUICK = {"epochs": 1, "least_steps": 12, "width": 8, "layers": 1}
GLOSSARY = "circle: disc, round one"


def wish_of(name: str, made) -> Wish:
    """As the page has it without anything chosen, but for another run and a glossary."""
    return Wish(
        name,
        seeds=(0, 1, 2),
        trainer_options=QUICK,
        recipe=Recipe(),
        target=made.other if name == "other_run" else None,
        glossary=GLOSSARY if name == "knowledge" else "",
    )


def test_every_experiment_can_begin_on_the_small_demonstration_and_some_are_run(settings, tmp_path):
    settings.DATA_ROOT = str(tmp_path / "data")
    settings.STAGING_FOLDER = tmp_path / "uploads"
    settings.COMPUTE_JOBS = 1

    made = demonstrate(small=True, progress=lambda share, step: None)

    designed = {
        each.name: designing.design(made.run, wish_of(each.name, made)) for each in EXPERIMENTS
    }
    assert len(designed) == 17
    arms = designed["imputation"].design["arms"]
    assert {arm["settings"]["blanked_image"] for arm in arms} == {0.3}
    for name in ("imputation", "several_answers", "other_run"):
        carrying_out.carry_out(designed[name])
        ended = Experiment.objects.get(pk=designed[name].pk)
        assert ended.state == Experiment.State.DONE, ended.why
    gained = Experiment.objects.get(pk=designed["several_answers"].pk).summary["difference"]
    assert gained["value"] >= 0

    checked = made.run.audits.get(question=Audit.Question.TOP_FIVE)
    assert checked.state == Audit.State.CLOSED
    actions = set(Repair.objects.values_list("action", flat=True))
    assert Repair.Action.KEEP in actions

    again = demonstrate(small=True, progress=lambda share, step: None)
    assert (again.run, again.other) == (made.run, made.other)
    assert sorted(made.project.runs.values_list("name", flat=True)) == sorted((RUN, OTHER_RUN))
    assert Repair.objects.count() == 60
    assert made.run.audits.count() == 3
