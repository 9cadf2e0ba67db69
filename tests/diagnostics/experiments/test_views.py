"""Experiments on their pages, by the API, and where they are led to from."""

import csv
import dataclasses
import io
import json
import os
import re
import subprocess
import sys

import pytest
from django.urls import reverse

from diagnostics.diagnosis import checklist
from diagnostics.diagnosis.diagnosing import diagnose_run
from diagnostics.experiments import carrying_out, designing
from diagnostics.experiments import page as experiments_page
from diagnostics.experiments.designing import Wish
from diagnostics.models import Experiment, Trial
from diagnostics.templatetags.measured import in_unit, interval_words
from tests.annotations.audit_factories import (
    error_rows,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from tests.diagnostics.experiments.experiment_factories import (
    repair_training,
    run_of,
    score_run,
    write_world,
)
from tests.html import tidy
from triage.models import Role

pytestmark = pytest.mark.django_db
QUICK = {"epochs": 1, "least_steps": 12, "width": 8, "layers": 1}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def run(written, settings):
    settings.COMPUTE_JOBS = 1
    return run_of(written)


@pytest.fixture
def lead(client, run):
    user = make_member(run.project, "lead", Role.LEAD)
    client.force_login(user)
    return user


def ended(run, name: str = "contrastive", **wishes) -> Experiment:
    wish = Wish(name, seeds=(0, 1, 2), trainer_options=QUICK, **wishes)
    experiment = designing.design(run, wish)
    carrying_out.carry_out(experiment)
    return Experiment.objects.get(pk=experiment.pk)


def quickly(monkeypatch) -> None:
    """Trials of a start from a page as small as those of the tests."""
    chosen = carrying_out.trainer_options
    monkeypatch.setattr(carrying_out, "trainer_options", lambda e, m: {**QUICK, **chosen(e, m)})


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_run_without_experiments_offers_all_that_there_are(client, lead, run) -> None:
    page = client.get(reverse("diagnostics:experiments", args=[run.pk]))

    assert "No experiment yet" in text_of(page)
    names = re.findall(r"\?experiment=(\w+)", page.content.decode())
    assert len(names) == len(set(names)) == 17
    for name in names:
        address = f"{reverse('diagnostics:experiment-new', args=[run.pk])}?experiment={name}"
        assert client.get(address).status_code == 200, name


def test_the_design_names_arms_factors_and_what_is_missing(client, lead, run) -> None:
    address = f"{reverse('diagnostics:experiment-new', args=[run.pk])}?experiment=cleaning"
    said = text_of(client.get(address))

    assert "As many samples dropped at random" in said
    assert "the training set as it is smaller at random stays" in said
    assert "missing a curated set that drops" in said
    assert client.get(address.replace("cleaning", "sorcery")).status_code == 404


def test_the_design_follows_what_is_chosen(client, lead, run, written) -> None:
    faulty = repair_training(run, written)
    address = reverse("diagnostics:experiment-new", args=[run.pk])
    asked = {"experiment": "cleaning", "seeds": 3, "curated": "now", "trainer": "builtin"}
    headers = {"HX-Request": "true", "HX-Target": "design"}

    part = client.get(address, asked, headers=headers)

    assert b"<html" not in part.content
    found = re.search(r"drops (\d+) training samples and corrects (\d+)", text_of(part))
    assert int(found[1]) + int(found[2]) == faulty
    without = client.get(address, {**asked, "curated": ""}, headers=headers)
    assert "missing a curated set" in text_of(without)
    modality = client.get(
        address,
        {"experiment": "dropped_modality", "seeds": 3, "o-modality": "text", "trainer": "builtin"},
        headers=headers,
    )
    assert "share of questions blanked in testing" in text_of(modality)


def test_what_lacks_something_is_not_started(client, lead, run) -> None:
    address = f"{reverse('diagnostics:experiment-new', args=[run.pk])}?experiment=reweighting"
    sent = {"seeds": 3, "curated": "", "trainer": "builtin", "o-weighting": "mismatch"}

    refused = client.post(address, sent)

    assert refused.status_code == 422
    assert "It lacks mismatch scores" in text_of(refused)
    assert not Experiment.objects.exists()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"seeds": 7}, "7 is not one of"),
        ({"trainer": "checkpoint"}, "Name a folder on the server"),
        ({"trainer": "command"}, "command is not one of"),
        ({"curated": "999"}, "999 is not one of"),
        ({"glossary": "nothing"}, "line 1 of the glossary"),
        ({"target": "12345"}, "valid choice"),
    ],
)
def test_a_form_that_is_wrong_says_where(client, lead, run, sent, words) -> None:
    name = "other_run" if "target" in sent else "knowledge"
    address = f"{reverse('diagnostics:experiment-new', args=[run.pk])}?experiment={name}"
    given = {"seeds": 3, "curated": "", "trainer": "builtin", **sent}

    refused = client.post(address, given)

    assert refused.status_code == 422
    assert words in text_of(refused)
    assert not Experiment.objects.exists()


def test_two_clicks_lead_from_the_noise_page_to_a_result(
    client, lead, run, written, monkeypatch
) -> None:
    quickly(monkeypatch)
    repair_training(run, written)
    audit = make_audit(4, right=0, project=run.project)
    assert "Does it matter" not in text_of(client.get(audit.get_absolute_url()))
    audit.run.audits.all().delete()
    from annotations.audits.drawing import draw_audit

    audit = draw_audit(run, protocol="custom", size=5, seed=1)
    give_verdicts(audit, make_member(run.project, "ann"), ["match"] * 5)
    noise_page = client.get(audit.get_absolute_url()).content.decode()
    first = re.search(r'href="([^"]+experiment=cleaning)"', noise_page)[1]

    page = tidy(client.get(first).content.decode())
    form = page[page.index("<form class") :]
    action = re.search(r'action="([^"]+)"', form)[1]
    chosen = {
        name: re.search(rf'<select name="{name}".*?<option value="([^"]*)" selected', form, re.S)[1]
        for name in ("seeds", "curated", "trainer")
    }
    assert chosen == {"seeds": "5", "curated": "now", "trainer": "builtin"}
    started = client.post(action, {**chosen, "seeds": "3"}, follow=True)

    experiment = Experiment.objects.get()
    assert (experiment.name, experiment.state) == ("cleaning", "done")
    assert run.curated_sets.get() == experiment.curated_set
    assert "Trained on the cleaned set" in text_of(started)


def test_the_result_page_says_what_the_document_says(client, lead, run) -> None:
    experiment = ended(run)
    page = text_of(client.get(experiment.get_absolute_url()))
    document = client.get(reverse("diagnostics:experiment-json", args=[experiment.pk])).json()

    said = document["reading"]["conclusion"]
    for part in ("expected", "seen", "means"):
        assert said[part] in page.replace("&#x27;", "'")
    for each in document["reading"]["comparisons"]:
        value = each["difference"]
        assert in_unit(value["value"], "points") in page
        assert interval_words({**value, "unit": "points"}) in page
        for column in each["strata"]:
            for row in column["rows"]:
                assert row["label"] in page
    for trial in document["trials"]:
        assert in_unit(trial["credit"], "share") in page
    assert document["configuration"]["checksum"] in page
    assert document["configuration"]["people_checksum"] in page
    assert f"--again {document['uuid']}" in page
    assert f"Samples all {run.samples}" in page
    api = client.get(reverse("api-experiment", args=[experiment.pk])).json()
    assert api == document


def test_trials_are_a_table_that_no_spreadsheet_runs(client, lead, run) -> None:
    experiment = ended(run)
    experiment.trials.filter(arm="baseline", seed=0).update(state="failed", why="=1+1")
    answer = client.get(reverse("diagnostics:experiment-csv", args=[experiment.pk]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))

    assert len(rows) == 6
    assert rows[0]["why"] == "'=1+1"
    assert {row["factor"] for row in rows} == {"", "contrastive"}


def test_a_name_from_outside_never_becomes_markup(client, lead, run) -> None:
    arms = (
        {"name": "<img src=x>", "words": "<img src=x>"},
        {"name": "b", "words": "<b>", "control": "<img src=x>", "settings": {"contrastive": True}},
    )
    wish = Wish("custom", arms=arms, seeds=(0, 1, 2), trainer_options=QUICK)
    experiment = designing.design(run, wish)
    carrying_out.carry_out(experiment)

    page = client.get(experiment.get_absolute_url()).content.decode()

    assert "<img src=x" not in page
    assert "Arms of one’s own" in page


def test_an_open_experiment_refreshes_its_progress_alone(client, lead, run) -> None:
    experiment = designing.design(run, Wish("contrastive", seeds=(0, 1, 2)))
    address = experiment.get_absolute_url()
    headers = {"HX-Request": "true", "HX-Target": "progress"}

    whole = client.get(address).content.decode()
    part = client.get(address, headers=headers)
    assert 'hx-trigger="every 2s"' in whole
    assert b"<html" not in part.content
    assert "0 of 6 trials have ended" in text_of(part)
    assert "HX-Refresh" not in part
    client.post(reverse("diagnostics:experiment-stop", args=[experiment.pk]))
    part = client.get(address, headers=headers)
    assert part["HX-Refresh"] == "true"
    assert "It was stopped" in text_of(part)


def test_stop_resume_and_again_from_the_page(client, lead, run, monkeypatch) -> None:
    quickly(monkeypatch)
    experiment = designing.design(run, Wish("contrastive", seeds=(0, 1, 2)))
    client.post(reverse("diagnostics:experiment-stop", args=[experiment.pk]))
    resumed = client.post(
        reverse("diagnostics:experiment-resume", args=[experiment.pk]), follow=True
    )
    assert "Trials" in text_of(resumed)
    assert Experiment.objects.get().state == "done"
    nothing = client.post(
        reverse("diagnostics:experiment-resume", args=[experiment.pk]), follow=True
    )
    assert "There is nothing to resume" in text_of(nothing)
    client.post(reverse("diagnostics:experiment-again", args=[experiment.pk]))
    first, second = Experiment.objects.order_by("pk")
    assert first.summary == second.summary


def test_each_end_is_said_plainly(client, lead, run) -> None:
    experiment = designing.design(run, Wish("contrastive", seeds=(0, 1, 2)))
    address = experiment.get_absolute_url()
    for state, words in (
        ("running", "It was interrupted"),
        ("stopped", "It was stopped"),
        ("failed", "It came to no result"),
    ):
        Experiment.objects.update(state=state, why="the loss was no number")
        assert words in text_of(client.get(address)), state
    Trial.objects.filter(arm="baseline").update(state="diverged", why="no number in epoch 3")
    page = text_of(client.get(address))
    # One line for the arm's three seeds; where nothing came out, no table of dashes hides it.
    assert page.count("no number in epoch 3") == 1
    assert "seeds 0, 1, 2" in page
    assert "Every arm against its control" not in page


def test_the_api_starts_lists_stops_and_refuses(client, lead, run, monkeypatch) -> None:
    quickly(monkeypatch)
    address = reverse("api-run-experiments", args=[run.pk])
    arms = [
        {"name": "base"},
        {"name": "two", "control": "base", "settings": {"contrastive": True, "shots": 4}},
    ]

    def post(**sent):
        return client.post(address, json.dumps(sent), content_type="application/json")

    refused = post(arms=arms)
    assert refused.status_code == 400
    assert "changes shots and contrastive at once" in refused.json()["detail"]
    assert post(name="cleaning").status_code == 400
    assert post().status_code == 400
    assert post(name="contrastive", seeds=9).status_code == 400
    assert "no such curated" in post(name="contrastive", curated="x").json()["detail"]
    assert (
        "no command" in post(name="contrastive", trainer="command", command="rm").json()["detail"]
    )

    started = post(name="contrastive", seeds=3)
    assert (started.status_code, started.json()["state"]) == (202, "done")
    [listed] = client.get(address).json()["results"]
    assert listed["summary"]["arm"] == "contrastive"
    key = listed["id"]
    stop = client.post(reverse("api-experiment-stop", args=[key]))
    assert stop.json()["state"] == "done"
    resume = client.post(reverse("api-experiment-resume", args=[key]))
    assert (resume.status_code, resume.json()["detail"]) == (400, "There is nothing to resume.")


def test_the_measured_gain_stands_beside_its_cause_and_in_the_report(client, lead, run) -> None:
    diagnose_run(run)
    page = client.get(reverse("diagnostics:diagnosis", args=[run.pk]))
    assert "Measured change" not in text_of(page)
    assert "?experiment=cleaning" in page.content.decode()
    experiment = ended(run)

    page = text_of(client.get(reverse("diagnostics:diagnosis", args=[run.pk])))
    assert "Measured change" in page
    gain = in_unit(experiment.summary["difference"]["value"], "points")
    assert f"Regions and keywords, contrasted {gain}" in page
    report = client.get(reverse("diagnostics:report", args=[run.pk]))
    said = text_of(report).replace("&#x27;", "'")
    assert experiment.summary["conclusion"]["seen"] in said
    assert gain in said
    [listed] = client.get(reverse("diagnostics:report-json", args=[run.pk])).json()["experiments"]
    assert listed["difference"] == experiment.summary["difference"]
    priorities = client.get(reverse("api-run-causes", args=[run.pk])).json()["priorities"]
    [semantic] = [each for each in priorities if each["cause"] == "semantic"]
    assert semantic["measured"] == [listed]


def test_a_gain_of_a_model_that_has_learnt_nothing_is_no_gain_in_lists(client, lead, run) -> None:
    diagnose_run(run)
    experiment = ended(run)
    for verdict, as_expected, words in (
        ("gain", "open", "task not learnt"),
        ("gain", "yes", "gain"),
    ):
        experiment.summary |= {"verdict": verdict, "as_expected": as_expected}
        experiment.save(update_fields=["summary"])
        listed = client.get(reverse("diagnostics:experiments", args=[run.pk]))
        assert f">{words}</span>" in tidy(listed.content.decode())
        page = text_of(client.get(reverse("diagnostics:diagnosis", args=[run.pk])))
        assert ("task not learnt" in page) == (words == "task not learnt")


def test_the_checklist_leads_to_the_experiment(run) -> None:
    from diagnostics.science.experiments.catalogue.registry import BY_NAME

    assert set(checklist.PROOFS.values()) <= set(BY_NAME)
    keys = {each.key for each in (*checklist.STEPS, *checklist.RULES)}
    assert {key for key, _cause in checklist.PROOFS} <= keys


def test_reweighting_starts_from_what_there_is(client, lead, run) -> None:
    address = f"{reverse('diagnostics:experiment-new', args=[run.pk])}?experiment=reweighting"
    assert '<option value="loss" selected' in client.get(address).content.decode()
    score_run(run)
    assert '<option value="mismatch" selected' in client.get(address).content.decode()


def test_a_run_without_pictures_says_what_it_lacks(client, lead) -> None:
    bare = ingest_run(make_project_of(), error_rows(10))
    address = reverse("diagnostics:experiment-new", args=[bare.pk])

    said = text_of(client.get(f"{address}?experiment=attention"))

    assert said.count(" missing ") == 3
    assert "boxes around what answers rest on" in said


def test_plots_reach_a_little_further_than_the_furthest_limit() -> None:
    def value(low: float | None, high: float | None) -> dict:
        return {"value": 0.0, "low": low, "high": high}

    assert experiments_page.reach_of([]) == 0.02
    assert experiments_page.reach_of([None, value(None, None)]) == 0.02
    assert experiments_page.reach_of([value(-0.03, 0.01)]) == 0.04
    assert experiments_page.reach_of([value(-0.2, 0.31)]) == 0.4


def test_the_list_asks_the_same_of_the_database_however_long_it_is(
    client, lead, run, django_assert_max_num_queries
) -> None:
    wish = Wish("contrastive", seeds=(0, 1, 2))
    for _ in range(12):
        designing.design(run, wish)

    with django_assert_max_num_queries(9):
        page = client.get(reverse("diagnostics:experiments", args=[run.pk]))
    assert page.content.decode().count("badge") >= 12


def test_no_page_of_experiments_loads_torch() -> None:
    code = (
        "import django; django.setup()\n"
        "from diagnostics.experiments import api, design_page, page, tasks, views\n"
        "from diagnostics.science.experiments.catalogue import registry\n"
        "from diagnostics.science.experiments.material import gathering\n"
        "from diagnostics.science.experiments.reading import reading\n"
        "import sys\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
    )
    environment = {**os.environ, "SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "triage.settings"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


def test_words_and_an_unsettled_baseline_are_shown_with_the_result(client, lead, run) -> None:
    experiment = ended(run, "context_ablation")

    page = client.get(experiment.get_absolute_url())

    assert "Accuracy by the words of questions" in text_of(page)
    cautions = [each["name"] for each in experiments_page.document(experiment)["cautions"]]
    assert re.findall(r'data-caution="(\w+)"', page.content.decode()) == cautions
    other = client.get(ended(run).get_absolute_url())
    assert "Accuracy by the words of questions" not in text_of(other)


def test_an_experiment_under_way_says_that_the_seeds_end_together(client, lead, run) -> None:
    wish = Wish("contrastive", seeds=(0, 1, 2), trainer_options=QUICK)
    built_in = designing.design(run, wish)
    checkpoint = dataclasses.replace(wish, trainer="checkpoint", trainer_options={"model": "m"})
    alone = designing.design(run, checkpoint)

    assert "they end together" in text_of(client.get(built_in.get_absolute_url()))
    assert "they end together" not in text_of(client.get(alone.get_absolute_url()))
