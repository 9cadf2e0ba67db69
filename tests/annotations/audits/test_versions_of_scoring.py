"""An audit names the version of its run's scoring that it drew from."""

from typing import Any

import pytest
from django.urls import reverse

from annotations.audits.drawing import draw_audit
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Run
from triage.runs.rescoring import rescore_run

pytestmark = pytest.mark.django_db

NOTICE = "Drawn from version 1 of the run’s scoring; the run is at version 2 now."


@pytest.fixture
def run() -> Run:
    """Four errors by 'exact', two of them none by 'any_of'; and a right answer."""
    rows = error_rows(4, 1)
    for row in rows[:2]:
        row["prediction"] = "two!"
    return ingest_run(make_project_of(), rows)


def page_of(client: Any, audit: Any) -> str:
    client.force_login(make_member(audit.project, "lena"))
    page = client.get(reverse("annotations:audit", args=[audit.pk]))
    return " ".join(page.content.decode().split())


def drawn(run: Run, **more: Any) -> Any:
    return draw_audit(run, protocol="custom", size=10, seed=1, **more)


def test_an_audit_keeps_its_version_and_its_samples(client: Any, run: Run) -> None:
    before = drawn(run)
    assert NOTICE not in page_of(client, before)
    items = list(before.items.values_list("position", "sample_id"))

    rescore_run(run, "any_of")
    after = drawn(run)

    before.refresh_from_db()
    assert (before.scoring_version, after.scoring_version) == (1, 2)
    assert (before.population, after.population) == (4, 2)
    assert list(before.items.values_list("position", "sample_id")) == items
    assert NOTICE in page_of(client, before)
    assert "this command drew these items" in page_of(client, before)
    assert NOTICE not in page_of(client, after)


def test_errors_that_the_clustering_does_not_know_are_unclustered(run: Run) -> None:
    rescore_run(run, "any_of")
    cluster_errors(run, {2: 0, 3: 0})
    rescore_run(run, "exact")

    audit = drawn(run)

    assert audit.population_by_cluster == {"-1": 2, "0": 2}
    clusters = dict(audit.items.values_list("position", "cluster"))
    assert clusters == {0: -1, 1: -1, 2: 0, 3: 0}
    assert drawn(run, design="proportional_per_cluster").population == 4
