"""The team's pages in Simplified Chinese: no English is left between a project's own words."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from annotations.audits.drawing import draw_audit
from annotations.cleaning import scoring_runs
from annotations.models import Audit, Verdict
from annotations.review import flagging, queue
from tests.annotations.audit_factories import (
    error_rows,
    give_verdicts,
    ingest_run,
    make_member,
    make_project_of,
)
from tests.triage.test_languages import CHINESE, shown
from triage.models import Role

pytestmark = pytest.mark.django_db

# What a page may say in Latin letters: the project's own data, names, keys, formats, identifiers.
OWN = re.compile(
    r"How many shapes are in scene \d+\?|\b(?:Shapes|baseline|custom|two|three|ann|bob|lena|counting|existence|val|test|CSV|JSON Lines|Label Studio|JSON|Parquet|HDBSCAN)\b|[a-z]+@\S+|Alignment Triage|Dawid–Skene|Krippendorff|Fleiss|"
    r"Cohen|Lang–Reiczigel|Holm|Clopper.Pearson|Rao-Blackwell|bootstrap|SHA-256|"
    r"manage\.py.*?(?=[\u4e00-\u9fff]|$)|\b[a-z]+(?:[_-][a-z0-9]+)+\b|[0-9a-f]{8}[0-9a-f-]*"
)
ENGLISH = re.compile(r"\b[A-Za-z]{2,}(?: [A-Za-z’']{2,})+\b")


@pytest.fixture(autouse=True)
def english_again():
    """A request leaves its language behind in the thread."""
    with translation.override("en"):
        yield


@pytest.fixture
def disputed() -> Audit:
    """Two people differ, one asks the lead, one item is sent back; a score ranks the samples."""
    run = ingest_run(make_project_of(), error_rows(40, 10, confidence=0.5, loss=[1.0, 0.5]))
    scoring_runs.score_run(run, seed=1)
    people = [make_member(run.project, name, Role.ANNOTATOR) for name in ("ann", "bob")]
    audit = draw_audit(run, protocol="custom", size=6, seed=1, overlap=2, policy="adjudication")
    give_verdicts(audit, people[0], ["match"] * 6)
    give_verdicts(audit, people[1], ["mismatch"] * 5)
    lead = make_member(run.project, "lena", Role.LEAD)
    first, second = audit.items.all()[:2]
    flagging.raise_flag(first, people[0], "?")
    queue.send_back(second, Verdict.objects.filter(item=second)[0].annotator, lead, "!")
    return audit


def english_of(client, page: str) -> set[str]:
    """Runs of two or more Latin words that are nobody's data."""
    return set(ENGLISH.findall(OWN.sub("·", shown(client.get(page, headers=CHINESE)))))


def test_the_pages_of_leads_are_chinese(client, disputed) -> None:
    client.force_login(make_member(disputed.project, "lena", Role.LEAD))
    run, audit = disputed.run.pk, disputed.pk
    for name, args in (
        ("audit", [audit]),
        ("item", [audit, 0]),
        ("item", [audit, 1]),
        ("adjudicate", [audit]),
        ("agreement", [audit]),
        ("gold", [run]),
        ("cleaning", [run]),
        ("audit-new", [run]),
        ("exports", [run]),
    ):
        assert english_of(client, reverse(f"annotations:{name}", args=args)) == set(), name


def test_the_pages_of_annotators_are_chinese(client, disputed) -> None:
    client.force_login(make_member(disputed.project, "bob", Role.ANNOTATOR))
    for name, args in (
        ("review", [disputed.pk]),
        ("grid", [disputed.pk]),
        ("warm-up", [disputed.pk]),
        ("own-work", [disputed.pk]),
        ("review-keys", []),
    ):
        assert english_of(client, reverse(f"annotations:{name}", args=args)) == set(), name


def test_a_top_five_check_is_chinese(client) -> None:
    rows = error_rows(5, candidates=[{"answer": a, "probability": 0.4} for a in ("two", "three")])
    run = ingest_run(make_project_of(), rows)
    audit = draw_audit(run, protocol="custom", size=3, seed=1, question="top_five")
    lead = make_member(run.project, "lena", Role.LEAD)
    client.force_login(lead)
    assert english_of(client, reverse("annotations:review", args=[audit.pk])) == set()
    give_verdicts(audit, lead, ["among_candidates", "not_among_candidates", "unsure"])
    assert english_of(client, audit.get_absolute_url()) == set()
