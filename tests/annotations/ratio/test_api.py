"""The REST API of audits, items, noise ratio and exports."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from annotations.models import Audit, CuratedSet
from annotations.ratio.serializers import NoiseRatioSerializer
from tests.annotations.audit_factories import (
    error_rows,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from triage.models import Role

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


def test_an_audit_is_drawn_and_listed(client) -> None:
    run = ingest_run(make_project_of(), error_rows(20))
    client.force_login(make_member(run.project, "lena"))
    address = reverse("api-run-audits", args=[run.pk])

    made = client.post(
        address, {"protocol": "custom", "size": 5, "seed": 3, "threshold": "20%"}, **JSON
    )

    assert made.status_code == 201
    assert made.json()["threshold"] == "1/5"
    listed = client.get(address).json()
    assert [each["id"] for each in listed["results"]] == [made.json()["id"]]
    one = client.get(reverse("api-audit", args=[made.json()["id"]])).json()
    assert one == made.json()


@pytest.mark.parametrize(
    "wishes",
    [
        {"protocol": "quality-300"},
        {"protocol": "custom"},
        {"protocol": "custom", "size": "many"},
        {"protocol": "quality-200", "overlap": 10},
        {"protocol": "quality-200", "criteria": {"colour": ["red"]}},
        {},
    ],
)
def test_what_cannot_be_drawn_is_a_400(client, wishes) -> None:
    run = ingest_run(make_project_of(), error_rows(3))
    client.force_login(make_member(run.project, "lena"))

    response = client.post(reverse("api-run-audits", args=[run.pk]), wishes, **JSON)

    assert response.status_code == 400
    assert not Audit.objects.exists()


def test_items_come_in_draw_order_with_what_was_said(client, django_assert_max_num_queries) -> None:
    audit = make_audit(errors=30)
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch", "match"])
    client.force_login(make_member(audit.project, "lena"))

    with django_assert_max_num_queries(9):
        told = client.get(reverse("api-audit-items", args=[audit.pk]), {"limit": 20}).json()

    assert told["count"] == 30
    assert [item["place"] for item in told["results"]] == list(range(20))
    assert told["results"][0]["verdicts"][0]["kind"] == "mismatch"
    assert told["results"][0]["verdicts"][0]["annotator"] == "ann"
    assert told["results"][2]["verdicts"] == []


def test_the_schema_names_what_the_noise_ratio_says(client) -> None:
    audit = make_audit(errors=6)
    client.force_login(make_member(audit.project, "lena"))

    told = client.get(reverse("api-noise-ratio", args=[audit.pk])).json()

    assert list(told) == list(NoiseRatioSerializer().fields)
    assert list(told["bounds"]) == list(NoiseRatioSerializer().fields["bounds"].fields)


def test_an_export_is_started_and_listed(client) -> None:
    audit = make_audit(errors=4)
    client.force_login(make_member(audit.project, "lena"))
    address = reverse("api-run-exports", args=[audit.run_id])

    started = client.post(address, {"format": "parquet", "recipe": {"drop": ["match"]}}, **JSON)

    assert started.status_code == 202
    assert started.json()["state"] == "done"
    listed = client.get(address).json()["results"]
    assert listed[0]["id"] == CuratedSet.objects.get().pk == started.json()["result"]["curated_set"]
    assert listed[0]["recipe"]["drop"] == ["match"]
    assert client.get(listed[0]["download"]).status_code == 200


def test_a_recipe_that_cannot_be_is_a_400(client) -> None:
    audit = make_audit(errors=2)
    client.force_login(make_member(audit.project, "lena"))

    response = client.post(
        reverse("api-run-exports", args=[audit.run_id]), {"recipe": {"drop": ["nice"]}}, **JSON
    )

    assert response.status_code == 400
    assert "unknown verdicts" in response.content.decode()


@pytest.mark.parametrize("name", ["api-run-audits", "api-run-exports"])
def test_posting_is_for_leads_of_the_project(client, name) -> None:
    audit = make_audit(errors=2)
    address = reverse(name, args=[audit.run_id])

    client.force_login(make_member(make_project_of("Elsewhere"), "zoe", Role.ADMIN))
    assert client.post(address, {"protocol": "quality-200"}, **JSON).status_code == 404
    client.force_login(make_member(audit.project, "ann", Role.ANNOTATOR))
    assert client.post(address, {"protocol": "quality-200"}, **JSON).status_code == 403
    assert Audit.objects.count() == 1
    assert not CuratedSet.objects.exists()


def test_the_schema_is_made_without_a_warning(tmp_path) -> None:
    call_command("spectacular", "--file", str(tmp_path / "schema.yml"), "--fail-on-warn")

    assert "audit_noise_ratio" in (tmp_path / "schema.yml").read_text()
