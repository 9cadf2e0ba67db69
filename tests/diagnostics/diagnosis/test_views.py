"""A diagnosis: measured by a job or a command, stored once, the same on page, in JSON and file."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from diagnostics.diagnosis.diagnosing import diagnose_run, read_document
from diagnostics.diagnosis.tasks import DIAGNOSE
from diagnostics.models import Diagnosis
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Job, Role

pytestmark = pytest.mark.django_db


def rows_with_losses(count: int = 60) -> list[dict]:
    """Training samples whose last ten are never learnt, and a few test samples."""
    rows = error_rows(count // 2, right=count // 2)
    for number, row in enumerate(rows):
        row["split"] = "train" if number % 6 else "test"
        if row["split"] == "train":
            row["loss"] = [2.0, 2.5] if number >= count - 10 else [1.0, 0.1]
    return rows


@pytest.fixture
def run():
    return ingest_run(make_project_of(), rows_with_losses())


def lead_in(client, run):
    client.force_login(make_member(run.project, "lena", Role.LEAD))


def test_a_run_that_was_never_diagnosed_says_what_to_do(client, run) -> None:
    lead_in(client, run)
    page = client.get(reverse("diagnostics:diagnosis", args=[run.pk])).content.decode()
    assert "Not diagnosed yet" in page
    assert "Diagnose the run" in page
    assert client.get(reverse("diagnostics:diagnosis-json", args=[run.pk])).status_code == 404


def test_the_button_measures_in_the_background_and_the_page_shows_it(
    client, run, django_capture_on_commit_callbacks
) -> None:
    lead_in(client, run)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("diagnostics:diagnosis-start", args=[run.pk]), follow=True)
    page = answer.content.decode()
    assert Job.objects.get(kind=DIAGNOSE.name).state == Job.State.DONE
    assert "Training samples that were never learnt" in page
    assert "18.0 %" in page  # 9 of 50


def test_page_json_and_command_say_the_same(client, run) -> None:
    lead_in(client, run)
    sink = StringIO()
    call_command("diagnose_run", str(run.pk), "--json", stdout=sink)
    told = json.loads(sink.getvalue())
    shown = client.get(reverse("diagnostics:diagnosis-json", args=[run.pk])).json()
    assert told == shown == read_document(Diagnosis.objects.get())
    figures = {each["name"]: each for each in told["measures"]["noise_signals"]["figures"]}
    never = figures["never_learnt"]["value"]
    page = client.get(reverse("diagnostics:measure", args=[run.pk, "noise_signals"]))
    assert f"{100 * never['value']:.1f} %" in page.content.decode()
    assert f"{100 * never['low']:.1f} %" in page.content.decode()


def test_the_samples_behind_a_number_are_listed(client, run) -> None:
    lead_in(client, run)
    diagnose_run(run)
    page = client.get(reverse("diagnostics:measure", args=[run.pk, "noise_signals"]))
    address = reverse("diagnostics:behind", args=[run.pk, "noise_signals", "never_learnt"])
    assert address in page.content.decode()
    listed = client.get(address).content.decode()
    assert "9 samples, the most telling first." in listed
    assert reverse("triage:sample", args=[run.pk, 59]) in listed


@pytest.mark.parametrize("key", ["nothing", "a.1", ".", "never_learnt.0"])
def test_what_is_not_there_is_not_found(client, run, key) -> None:
    lead_in(client, run)
    diagnose_run(run)
    address = reverse("diagnostics:behind", args=[run.pk, "noise_signals", key])
    assert client.get(address).status_code == 404
    assert client.get(reverse("diagnostics:measure", args=[run.pk, "no"])).status_code == 404


def test_a_record_without_the_fields_says_which(client) -> None:
    run = ingest_run(make_project_of(), error_rows(5, 2))
    lead_in(client, run)
    diagnose_run(run)
    page = client.get(reverse("diagnostics:diagnosis", args=[run.pk])).content.decode()
    assert "needs loss, hidden_state or image_embedding in the file" in page


def test_a_new_clustering_makes_it_old(client, run) -> None:
    lead_in(client, run)
    diagnose_run(run)
    address = reverse("diagnostics:diagnosis", args=[run.pk])
    assert "clustered anew" not in client.get(address).content.decode()
    cluster_errors(run, {0: 15, 1: 15})
    assert "clustered anew" in client.get(address).content.decode()


def test_strangers_and_annotators_do_not_get_in(client, run) -> None:
    diagnose_run(run)
    addresses = [
        reverse("diagnostics:diagnosis", args=[run.pk]),
        reverse("diagnostics:diagnosis-json", args=[run.pk]),
        reverse("diagnostics:measure", args=[run.pk, "noise_signals"]),
        reverse("diagnostics:behind", args=[run.pk, "noise_signals", "never_learnt"]),
    ]
    client.force_login(make_member(make_project_of("Other"), "eve", Role.LEAD))
    assert [client.get(each).status_code for each in addresses] == [404] * 4
    client.force_login(make_member(run.project, "ann", Role.ANNOTATOR))
    assert [client.get(each).status_code for each in addresses] == [403] * 4
    assert client.post(reverse("diagnostics:diagnosis-start", args=[run.pk])).status_code == 403


def test_the_same_seed_gives_the_same_numbers(run) -> None:
    first, second = (read_document(diagnose_run(run, seed=3)) for _ in range(2))
    assert first["measures"] == second["measures"]
    assert first["diagnosis"] != second["diagnosis"]


def test_an_empty_run_is_refused_in_words(run) -> None:
    run.samples = run.errors = 0
    run.save()
    with pytest.raises(CommandError, match="no samples"):
        call_command("diagnose_run", str(run.pk))


def test_nothing_infinite_is_stored(run) -> None:
    document = read_document(diagnose_run(run))
    text = json.dumps(document)
    assert "NaN" not in text
    assert "Infinity" not in text
    assert np.isfinite(document["measures"]["noise_signals"]["figures"][0]["value"]["value"])
