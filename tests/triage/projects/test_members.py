"""Who is in a project, and the accounts that admins make."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from tests.factories import make_project, make_user
from triage.models import Project, Role
from triage.projects.members import MemberRefused, change_role, remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client) -> Project:
    made = make_project(ada=Role.ADMIN)
    client.force_login(get_user_model().objects.get(username="ada"))
    return made


def test_a_new_name_gets_an_account_and_its_password_is_shown_once(client, project) -> None:
    address = reverse("triage:members", args=[project.slug])
    page = client.post(address, {"username": "ben", "role": "annotator"})
    password = page.context["new_password"]

    assert client.login(username="ben", password=password)
    client.force_login(get_user_model().objects.get(username="ada"))
    assert password not in client.get(address).content.decode()
    assert "no-store" in page["Cache-Control"]


def test_an_existing_person_keeps_their_password(client, project) -> None:
    make_user("kim")
    client.post(reverse("triage:members", args=[project.slug]), {"username": "kim", "role": "lead"})
    assert project.memberships.get(user__username="kim").role == Role.LEAD
    assert client.login(username="kim", password="a-password-for-tests")


def test_a_project_keeps_an_admin(project) -> None:
    only = project.memberships.get()
    with pytest.raises(MemberRefused):
        remove(only)
    with pytest.raises(MemberRefused):
        change_role(only, Role.LEAD)
    project.admit(make_user("bea"), Role.ADMIN)
    change_role(only, Role.LEAD)
    assert project.memberships.get(user__username="ada").role == Role.LEAD


@pytest.mark.parametrize("name", ["", "a b", "<script>", "x" * 200])
def test_a_name_that_cannot_be_one_is_refused(client, project, name) -> None:
    page = client.post(
        reverse("triage:members", args=[project.slug]), {"username": name, "role": "lead"}
    )
    assert page.status_code == 422
    assert project.memberships.count() == 1


def test_tokens_are_shown_once_and_revoked_at_once(client, project, settings) -> None:
    from knox.models import AuthToken

    page = client.post(reverse("triage:account"))
    token = page.context["token"]
    asked = {"HTTP_AUTHORIZATION": f"Token {token}"}
    client.logout()
    assert client.get(reverse("api-projects"), **asked).json()["count"] == 1
    client.force_login(get_user_model().objects.get(username="ada"))
    assert token not in client.get(reverse("triage:account")).content.decode()
    client.post(reverse("triage:token-revoke", args=[AuthToken.objects.get().token_key]))
    client.logout()
    assert client.get(reverse("api-projects"), **asked).status_code == 401


def test_nobody_signs_up(client) -> None:
    page = client.get("/accounts/signup/")
    assert "Accounts are made by admins" in page.content.decode()
    client.post(
        "/accounts/signup/",
        {"username": "eve", "password1": "long-enough-1", "password2": "long-enough-1"},
    )
    assert not get_user_model().objects.filter(username="eve").exists()


def test_guessing_passwords_is_slowed_down(client) -> None:
    make_user("kim")
    for _ in range(12):
        page = client.post("/accounts/login/", {"login": "kim", "password": "wrong"})
    assert page.status_code == 429 or "Too many" in page.content.decode()
    good = client.post("/accounts/login/", {"login": "kim", "password": "a-password-for-tests"})
    assert good.status_code != 302


def test_a_project_is_started_by_anyone_who_is_signed_in(client, project) -> None:
    client.post(reverse("triage:project-new"), {"name": "Next"})
    made = Project.objects.get(name="Next")
    assert made.memberships.get().role == Role.ADMIN
    again = client.post(reverse("triage:project-new"), {"name": "Next"})
    assert again.status_code == 422
