"""A person's own keys: what can be chosen, what is refused, and that the review page follows."""

import pytest
from django.urls import reverse

from annotations.models import ReviewKeys
from annotations.review import keys
from annotations.review.keys import ACTIONS, BY_NAME, NAMED, read, shortcuts
from tests.annotations.audit_factories import make_audit, make_member
from tests.factories import make_user
from tests.html import tidy
from triage.models import Role

PAGE = "/account/keys/"


def meeting() -> list:
    return [
        (one, other) for one in ACTIONS for other in ACTIONS if one != other and one.meets(other)
    ]


def test_the_delivered_keys_are_in_nobodys_way() -> None:
    laid = shortcuts()
    for one, other in meeting():
        assert not set(laid[one.name].presses.split()) & set(laid[other.name].presses.split())
    assert read({action.name: action.key for action in ACTIONS})[1] == {}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (" J ", "j"),
        ("ｊ", "j"),
        ("backspace", "Backspace"),
        ("⌫", "Backspace"),
        ("É", "é"),
        ("", ""),
    ],
)
def test_a_key_is_named_as_browsers_name_it(typed, key) -> None:
    assert keys.normal(typed) == key


def test_two_keys_can_change_places() -> None:
    wanted, wrong = read({"match": "x", "mismatch": "m"})
    assert wrong == {}
    assert (wanted["match"], wanted["mismatch"], wanted["unsure"]) == ("x", "m", "u")


def test_a_conflict_names_the_other_action_at_the_one_that_moved() -> None:
    _, wrong = read({"match": "z"})
    assert set(wrong) == {"match"}
    assert "“z” is the key of “Twice as large, or whole”" in wrong["match"]
    _, both = read({"match": "j", "undo": "j"})
    assert set(both) == {"match", "undo"}


def test_verdicts_that_never_meet_may_share_a_key() -> None:
    assert read({"ambiguous": "k", "among_candidates": "k"})[1] == {}
    assert set(read({"unsure": "k", "among_candidates": "k"})[1]) == {"unsure", "among_candidates"}


@pytest.mark.parametrize("key", ["1", "6", "?", "ab", "Enter", "\x00", "İ", "x" * 500])
def test_some_keys_cannot_be_chosen(key) -> None:
    _, wrong = read({"match": key})
    assert list(wrong) == ["match"]
    assert len(wrong["match"]) < 200


def test_a_delivered_key_yields_to_a_chosen_one() -> None:
    laid = shortcuts({"match": ",", "unsure": "=", "later": "g", "nobody": "q", "flag": ""})
    assert laid["match"].presses == ","
    assert laid["undo"].presses == "Backspace"
    assert laid["zoom_in"].presses == "+"
    assert (laid["grid"].presses, laid["grid"].sign) == ("", "")
    assert laid["flag"].presses == "f"
    assert laid["undo"].sign == NAMED["Backspace"]


@pytest.mark.django_db
def test_the_page_asks_for_a_sign_in(client) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, {"match": "j"}).status_code == 302


@pytest.mark.django_db
def test_saved_keys_come_back_and_can_be_reset(client) -> None:
    user = make_user("kim")
    client.force_login(user)
    assert reverse("annotations:review-keys") == PAGE
    page = tidy(client.get(PAGE).content.decode())
    for action in ACTIONS:
        assert f'name="{action.name}" value="{action.key}"' in page
    delivered = {action.name: action.key for action in ACTIONS}
    answer = client.post(PAGE, {**delivered, "match": "J"})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert ReviewKeys.objects.get().keys == {"match": "j"}
    page = tidy(client.get(PAGE).content.decode())
    assert 'name="match" value="j"' in page
    assert "Your keys are saved." in page
    client.post(PAGE, {"do": "reset", "match": "q"})
    assert not ReviewKeys.objects.exists()
    assert keys.shortcuts_of(user) == shortcuts()


@pytest.mark.django_db
def test_a_conflict_is_refused_and_keeps_what_was_typed(client) -> None:
    client.force_login(make_user("kim"))
    answer = client.post(PAGE, {"match": "u", "flag": "k"})
    page = tidy(answer.content.decode())
    assert answer.status_code == 422
    assert "“u” is the key of “unsure” already." in page
    assert 'name="match" value="u"' in page
    assert 'name="flag" value="k"' in page
    assert not ReviewKeys.objects.exists()


@pytest.mark.django_db
def test_what_is_typed_is_shown_as_text(client) -> None:
    client.force_login(make_user("kim"))
    page = client.post(PAGE, {"match": '"><script>'}).content.decode()
    assert "<script>" not in page.replace('<script type="module"', "")
    assert "&quot;&gt;&lt;script&gt;" in page


@pytest.mark.django_db
def test_the_way_back_stays_on_this_site(client) -> None:
    client.force_login(make_user("kim"))
    assert (
        'href="/audits/3/review/"' in client.get(f"{PAGE}?next=/audits/3/review/").content.decode()
    )
    assert "evil" not in client.get(f"{PAGE}?next=https://evil.example/").content.decode()
    assert "javascript" not in client.get(f"{PAGE}?next=javascript:alert(1)").content.decode()


@pytest.mark.django_db
def test_the_review_page_shows_and_takes_a_persons_own_keys(client) -> None:
    audit = make_audit(9)
    user, other = (make_member(audit.project, name, Role.ANNOTATOR) for name in ("ann", "bob"))
    keys.keep(user, {"match": "j", "undo": "q", "boxes": BY_NAME["boxes"].key})
    client.force_login(user)
    page = tidy(client.get(reverse("annotations:review", args=[audit.pk])).content.decode())
    assert 'value="match" data-key="1 j"' in page
    assert "<kbd>j</kbd>" in page
    assert 'data-do="undo" data-key="q ,"' in page
    assert f"{PAGE}?next=/audits/{audit.pk}/review/" in page
    client.force_login(other)
    page = tidy(client.get(reverse("annotations:review", args=[audit.pk])).content.decode())
    assert 'value="match" data-key="1 m"' in page
