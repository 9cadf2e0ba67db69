"""The conclusions through the REST API and the command line, and as files."""

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from diagnostics.diagnosis.diagnosing import diagnose_run
from diagnostics.diagnosis.serializers import CausesSerializer
from diagnostics.models import CauseVerdict, Diagnosis, Naming
from diagnostics.report.api import ReportSerializer
from diagnostics.science.causes.evidence import SIX
from tests.annotations.audit_factories import (
    error_rows,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Role

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def run():
    rows = error_rows(20, right=20)
    for number, row in enumerate(rows):
        row |= {"split": "ood" if number % 2 else "test", "attention": [[1, 1], [1, 1]]}
    return ingest_run(make_project_of(), rows)


def told(*words: str) -> dict:
    sink = StringIO()
    call_command(*words, "--json", stdout=sink)
    return json.loads(sink.getvalue())


def test_a_diagnosis_is_started_and_read(client, run) -> None:
    client.force_login(make_member(run.project, "lena"))
    address = reverse("api-run-diagnosis", args=[run.pk])

    assert client.get(address).status_code == 404
    started = client.post(address, {"seed": 3}, **JSON)
    assert started.status_code == 202
    assert started.json()["result"] == {"diagnosis": Diagnosis.latest_of(run).pk}
    found = client.get(address).json()
    assert found["seed"] == 3
    assert found["measures"]["error_distribution"]["figures"][0]["value"]["value"] == 0.5
    assert client.post(address, {"seed": -1}, **JSON).status_code == 400


def test_causes_are_read_and_named_anew(client, run) -> None:
    client.force_login(make_member(run.project, "lena"))
    address = reverse("api-run-causes", args=[run.pk])
    assert client.get(address).status_code == 404
    diagnose_run(run)

    found = client.get(address).json()
    by_name = {each["cause"]: each for each in found["priorities"]}
    assert by_name["generalisation"]["count"]["value"] == 10
    assert len(by_name) == 6
    assert list(found) == list(CausesSerializer().fields)
    assert client.post(address).json()["errors"] == 20
    assert Naming.objects.count() == 2


def test_an_annotator_says_a_cause_and_nothing_more(client, run) -> None:
    diagnose_run(run)
    client.force_login(make_member(run.project, "ann", Role.ANNOTATOR))
    address = reverse("api-run-cause-said", args=[run.pk])

    said = client.post(address, {"position": 1, "cause": "noise"}, **JSON)
    assert said.json() == {
        "position": 1,
        "cause": "noise",
        "named": "generalisation",
        "by": "ann",
    }
    assert CauseVerdict.objects.get().cause == "noise"
    assert client.post(address, {"position": 1, "cause": "sorcery"}, **JSON).status_code == 400
    assert client.post(address, {"position": 39, "cause": "noise"}, **JSON).status_code == 400
    assert client.get(reverse("api-run-causes", args=[run.pk])).status_code == 403


def test_the_report_says_the_same_everywhere(client, run, tmp_path: Path) -> None:
    diagnose_run(run)
    client.force_login(make_member(run.project, "lena"))

    def timeless(document: dict) -> dict:
        return {name: each for name, each in document.items() if name != "made_at"}

    page = client.get(reverse("diagnostics:report-json", args=[run.pk])).json()
    api = client.get(reverse("api-run-report", args=[run.pk])).json()
    command = told("report_run", str(run.pk), "--html", str(tmp_path / "report.html"))
    assert timeless(api) == timeless(page) == timeless(command)
    assert list(api) == list(ReportSerializer().fields)
    written = (tmp_path / "report.html").read_text()
    assert "<script" not in written
    assert "http" not in written.split("</style>")[1]
    with pytest.raises(CommandError):
        call_command("report_run", str(run.pk), "--html", str(tmp_path / "no" / "r.html"))


def test_causes_are_named_by_command(run) -> None:
    with pytest.raises(CommandError, match="not diagnosed yet"):
        call_command("name_causes", str(run.pk))
    diagnose_run(run)

    assert told("name_causes", str(run.pk))["errors"] == 20
    sink = StringIO()
    call_command("name_causes", str(run.pk), stdout=sink)
    assert "generalisation: 10 errors" in sink.getvalue()


def test_every_error_is_exported_with_its_cause_and_the_six_features(
    client, run, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="not diagnosed yet"):
        call_command("export_errors", str(run.pk), "--to", str(tmp_path / "e.csv"))
    diagnose_run(run)

    assert told("export_errors", str(run.pk), "--to", str(tmp_path / "e.csv"))["rows"] == 20
    with (tmp_path / "e.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["sample_id"] for line in lines] == [f"s{number:04d}" for number in range(20)]
    assert set(SIX) <= set(lines[0])
    assert float(lines[1]["attention_entropy"]) == 1.0
    assert lines[1]["image_confidence"] == ""
    assert lines[1]["cause"] == "generalisation"
    with pytest.raises(CommandError, match=r"\.csv or \.parquet"):
        call_command("export_errors", str(run.pk), "--to", str(tmp_path / "e.xlsx"))

    client.force_login(make_member(run.project, "lena"))
    got = client.get(reverse("diagnostics:errors-file", args=[run.pk, "parquet"]))
    assert pq.read_table(BytesIO(got.getvalue())).num_rows == 20
    assert client.get(reverse("diagnostics:errors-file", args=[run.pk, "exe"])).status_code == 404
