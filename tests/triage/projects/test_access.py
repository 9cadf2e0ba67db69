"""Every address: closed to strangers, to people of other projects, and to roles too low."""

import uuid
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.urls import URLResolver, get_resolver, reverse

from annotations.audits.drawing import draw_audit
from annotations.models import CuratedSet, Flag
from diagnostics.models import Experiment
from tests.factories import make_project, make_run, make_user, sample_rows, write_lines
from tests.html import tidy
from triage.clusters.analysing import analyse_run
from triage.clusters.confirming import say
from triage.models import Clustering, Job, Membership, Role, StoredFilter
from triage.models.kinds import IMPORT

pytestmark = pytest.mark.django_db
# Pages of a person, not of a project; and what anyone may see.
OWN = {
    "triage:projects",
    "triage:project-new",
    "triage:account",
    "triage:token-revoke",
    "annotations:review-keys",
}
FOR_ANNOTATORS = {
    "triage:project",
    "annotations:project-audits",
    "annotations:review",
    "annotations:item-image",
    "annotations:grid",
    "annotations:warm-up",
    "annotations:own-work",
    "diagnostics:queue",
    "diagnostics:queue-image",
    "diagnostics:project-queues",
    "api-run-cause-said",
}
FOR_ADMINS = {"triage:members", "triage:member"}


def _namespaced() -> list[str]:
    """Names of all addresses of the three apps and the API, found by walking the URL tree."""
    found: list[str] = []

    def walk(patterns: list, prefix: str) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                space = f"{each.namespace}:" if each.namespace else prefix
                walk(each.url_patterns, space)
            elif each.name and (prefix or each.name.startswith("api-")):
                found.append(f"{prefix}{each.name}")

    walk(get_resolver().url_patterns, "")
    return sorted(set(found) - {"api-schema"})


@pytest.fixture
def house(tmp_path: Path) -> dict:
    """A project with one of everything, and people of every role in and outside it."""
    project = make_project(ann=Role.ANNOTATOR, lena=Role.LEAD, ada=Role.ADMIN)
    make_project("Elsewhere", zoe=Role.ADMIN)
    run = make_run(project, write_lines(tmp_path / "rows.jsonl", sample_rows(12, 6)))
    audit = draw_audit(run, protocol="custom", size=3, seed=1)
    clustering: Clustering = analyse_run(run)
    job = Job.objects.create(kind=IMPORT.name, project=project, state=Job.State.FAILED)
    stored = StoredFilter.objects.create(run=run, name="f", criteria={})
    said = say(clustering, name="group", positions=[0, 1])
    curated = CuratedSet.objects.create(run=run, file_format="csv")
    member = project.memberships.get(user__username="ann")
    flag = Flag.objects.create(item=audit.items.get(place=0), annotator=member.user)
    arms = [{"name": "baseline", "words": "as it is", "settings": {}, "control": ""}]
    experiment = Experiment.objects.create(
        run=run, name="cleaning", design={"arms": arms, "seeds": [0]}, state="done"
    )
    return {
        "slug": project.slug,
        "run": run.pk,
        "audit": audit.pk,
        "job": job.uuid,
        "filter": stored.pk,
        "said": said.pk,
        "curated": curated.pk,
        "member": member.pk,
        "flag": flag.pk,
        "experiment": experiment.pk,
    }


def _address(name: str, house: dict) -> str:
    """The address of the house's own object."""
    special = {
        "triage:member": {"slug": house["slug"], "pk": house["member"]},
        "triage:sample": {"pk": house["run"], "position": 0},
        "triage:run-image": {"pk": house["run"], "path": "a.png"},
        "triage:filter-delete": {"pk": house["run"], "filter_pk": house["filter"]},
        "triage:clusters-said": {"pk": house["run"], "said": house["said"]},
        "triage:token-revoke": {"key": "abcdefgh"},
        "annotations:item-image": {"pk": house["audit"], "place": 0},
        "annotations:warm-up": {"pk": house["audit"]},
        "annotations:own-work": {"pk": house["audit"]},
        "annotations:grid": {"pk": house["audit"]},
        "annotations:cleaning": {"pk": house["run"]},
        "annotations:score-start": {"pk": house["run"]},
        "annotations:item": {"pk": house["audit"], "place": 0},
        "annotations:item-send-back": {"pk": house["audit"], "place": 0},
        "annotations:flag-settle": {"pk": house["audit"], "flag": house["flag"]},
        "annotations:adjudicate": {"pk": house["audit"]},
        "annotations:seats-release": {"pk": house["audit"]},
        "annotations:agreement": {"pk": house["audit"]},
        "annotations:agreement-json": {"pk": house["audit"]},
        "annotations:agreement-csv": {"pk": house["audit"]},
        "annotations:votes-csv": {"pk": house["audit"]},
        "annotations:export-download": {"pk": house["curated"]},
        "diagnostics:measure": {"pk": house["run"], "name": "noise_signals"},
        "diagnostics:behind": {"pk": house["run"], "name": "uncertainty", "key": "sure_errors"},
        "diagnostics:errors-file": {"pk": house["run"], "form": "csv"},
        "diagnostics:cause": {"pk": house["run"], "name": "noise"},
        "diagnostics:queue-image": {"pk": house["run"], "position": 0},
        "diagnostics:sample-cause": {"pk": house["run"], "position": 0},
    }
    one_experiment = ("diagnostics:experiment", "api-experiment")
    if name.startswith(one_experiment) and not name.endswith(("experiments", "-new")):
        special[name] = {"pk": house["experiment"]}
    tries = [
        special.get(name, {}),
        {},
        {"slug": house["slug"]},
        {"job_uuid": house["job"]},
        {"pk": house["audit"] if "audit" in name or "noise" in name else house["run"]},
        {"pk": house["audit"]},
    ]
    if name in {"annotations:run-audits", "annotations:audit-new", "annotations:audit-frame"}:
        tries.insert(0, {"pk": house["run"]})
    if name == "api-run-audits":
        tries.insert(0, {"pk": house["run"]})
    for given in tries:
        try:
            return reverse(name, kwargs=given)
        except Exception:
            continue
    raise AssertionError(f"no address for {name}: teach this test how to make one")


def _ask(client, address: str):
    """GET; where only POST is allowed, POST."""
    response = client.get(address)
    return client.post(address) if response.status_code == 405 else response


def test_strangers_are_sent_to_the_sign_in(client, house) -> None:
    for name in _namespaced():
        response = _ask(client, _address(name, house))
        assert response.status_code in (302, 401), name
        if response.status_code == 302:
            assert response["Location"].startswith("/accounts/login/"), name


def test_people_of_other_projects_learn_nothing(client, house) -> None:
    client.force_login(get_user_model().objects.get(username="zoe"))
    for name in sorted(set(_namespaced()) - OWN - {"api-projects"}):
        assert _ask(client, _address(name, house)).status_code == 404, name


def test_annotators_see_their_queue_and_nothing_else(client, house) -> None:
    client.force_login(get_user_model().objects.get(username="ann"))
    for name in sorted(set(_namespaced()) - OWN - {"api-projects", "api-project"}):
        expected = {200, 302, 400, 404} if name in FOR_ANNOTATORS else {403}
        assert _ask(client, _address(name, house)).status_code in expected, name


def test_leads_do_not_decide_who_is_a_member(client, house) -> None:
    client.force_login(get_user_model().objects.get(username="lena"))
    for name in sorted(FOR_ADMINS):
        assert _ask(client, _address(name, house)).status_code == 403, name


def test_an_object_of_one_project_is_not_reached_through_another(client, house, tmp_path) -> None:
    """A lead of both sides cannot mix keys: a filter, a group or a member of another object."""
    other = make_project("Third", max=Role.ADMIN)
    run = make_run(other, write_lines(tmp_path / "other.jsonl", sample_rows(4, 2)), name="other")
    client.force_login(get_user_model().objects.get(username="max"))
    for name, given in {
        "triage:filter-delete": {"pk": run.pk, "filter_pk": house["filter"]},
        "triage:clusters-said": {"pk": run.pk, "said": house["said"]},
        "triage:member": {"slug": other.slug, "pk": house["member"]},
    }.items():
        assert client.post(reverse(name, kwargs=given)).status_code == 404, name
    assert StoredFilter.objects.filter(pk=house["filter"]).exists()


def test_a_member_who_was_shown_out_is_a_stranger(client, house) -> None:
    membership = Membership.objects.get(pk=house["member"])
    client.force_login(membership.user)
    membership.delete()

    assert client.get(reverse("triage:project", args=[house["slug"]])).status_code == 404
    assert client.get(reverse("annotations:review", args=[house["audit"]])).status_code == 404


def test_an_unknown_key_is_not_found(client) -> None:
    client.force_login(make_user("kim"))
    for name, given in (
        ("triage:run", {"pk": 999}),
        ("triage:project", {"slug": "nowhere"}),
        ("triage:job", {"job_uuid": uuid.uuid4()}),
        ("annotations:audit", {"pk": 999}),
    ):
        assert client.get(reverse(name, kwargs=given)).status_code == 404


def test_every_page_carries_the_strict_policy(client, house) -> None:
    client.force_login(get_user_model().objects.get(username="ada"))
    for name in ("triage:projects", "triage:run", "triage:clusters", "annotations:audit"):
        policy = client.get(_address(name, house))["Content-Security-Policy"]
        assert "default-src 'self'" in policy, name
        assert "unsafe-eval" not in policy
        assert ("unsafe-inline" in policy) == (name == "triage:clusters")
        assert "script-src" not in policy


def test_who_lost_a_password_hears_who_sets_a_new_one(client, house) -> None:
    address = reverse("account_reset_password")
    assert address in client.get(reverse("account_login")).content.decode()
    assert "manage.py changepassword USERNAME" in tidy(client.get(address).content.decode())
    # Accounts have no address to send anything to.
    assert client.post(address, {"email": "ann@example.org"}).status_code == 405
    client.force_login(get_user_model().objects.get(username="ann"))
    assert "manage.py changepassword ann" in tidy(client.get(address).content.decode())


def test_languages_are_offered_by_their_own_names(client, house) -> None:
    client.force_login(get_user_model().objects.get(username="ann"))
    assert "简体中文" in client.get(reverse("triage:account")).content.decode()
