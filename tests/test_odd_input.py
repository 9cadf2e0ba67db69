"""No address answers 500, whatever stands where a number, a name or an identifier should."""

import uuid

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from annotations.audits.drawing import draw_audit
from diagnostics.diagnosis.diagnosing import diagnose_run
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Job, Role
from triage.models.kinds import IMPORT

pytestmark = pytest.mark.django_db
NAMES = (
    "page sort dir by split text show filter clustering cluster said limit offset verdict place "
    "position positions holding candidate submission seconds size do sample experiment question "
    "protocol seed threshold name kind audit target annotator number w token corrected_answer"
).split()
ODD = ["--5", "²", "9" * 23, "a\x00b", "٣", "-1", "é" * 3000]


def addresses(patterns, before: str = "") -> list[str]:
    """Every address of ours, its parameters still in it."""
    found = []
    for each in patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            found += addresses(each.url_patterns, path)
        elif isinstance(each, URLPattern):
            found.append(path)
    return found


@pytest.fixture
def made(client):
    project = make_project_of()
    run = ingest_run(project, error_rows(12, right=6))
    cluster_errors(run, {0: 0, 1: 0, 2: 1})
    diagnose_run(run)
    audit = draw_audit(run, protocol="custom", size=6, seed=1)
    job = Job.objects.create(kind=IMPORT.name, project=project, state=Job.State.FAILED)
    client.force_login(make_member(project, "lena", Role.LEAD))
    client.raise_request_exception = False
    return {
        "<slug:slug>": project.slug,
        "<uuid:job_uuid>": str(job.uuid),
        "audits/<int:pk>": f"audits/{audit.pk}",
        "<int:pk>": str(run.pk),
        "<int:place>": "0",
        "<int:position>": "0",
        "<int:filter_pk>": "1",
        "<int:flag>": "1",
        "<int:said>": "1",
        "<slug:name>": "uncertainty",
        "<slug:form>": "csv",
        "<str:key>": "x",
        "<path:path>": "a.png",
    }


def asked(made: dict[str, str]) -> list[str]:
    paths = [p for p in addresses(get_resolver().url_patterns) if not p.startswith("accounts/")]
    for old, new in made.items():
        paths = [path.replace(old, new) for path in paths]
    assert len(paths) > 60
    assert not [path for path in paths if "<" in path]
    return [f"/{path}" for path in paths]


@pytest.mark.parametrize("odd", ODD)
def test_no_odd_parameter_breaks_a_page(client, made, odd: str) -> None:
    broken = [path for path in asked(made) if status(client.get(path, values_of(odd))) >= 500]
    assert not broken


@pytest.mark.parametrize("odd", ["--5", "²", "9" * 23])
def test_no_odd_field_breaks_a_form(client, made, odd: str) -> None:
    broken = []
    for path in asked(made):
        for act in ("", "later", "flag"):
            fields = {**values_of(odd), "do": act, "submission": str(uuid.uuid4())}
            answer = client.post(path, fields)
            if answer.status_code == 405:
                break
            if status(answer) >= 500:
                broken.append((path, act))
    assert not broken


def values_of(odd: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, odd)


def status(response) -> int:
    """The status of an answer, once it is read to its end."""
    if response.streaming:
        b"".join(response)
    response.close()
    return response.status_code


def detail(response: HttpResponse) -> str:
    assert response.headers["Content-Type"].startswith("application/json")
    return response.json()["detail"]


def test_the_api_refuses_in_json(client, made, monkeypatch) -> None:
    assert detail(client.get("/api/v1/nothing/here/"))
    assert detail(client.get("/api/v1/runs/999999/"))
    assert detail(client.get(f"/api/v1/runs/{made['<int:pk>']}/error-rates/?by=nothing"))

    def fail(*_args, **_more):
        raise RuntimeError("broken")

    monkeypatch.setattr("triage.runs.api.run_for", fail)
    broken = client.get(f"/api/v1/runs/{made['<int:pk>']}/")
    assert broken.status_code == 500
    assert "went wrong" in detail(broken)
