"""A run's scoring is changed by a lead; the page, the command and the run say the same."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.factories import make_project, make_run, write_lines
from triage.clusters.analysing import analyse_run
from triage.models import Job, Role, Run, ScoringMoved, ScoringVersion
from triage.runs.rescoring import rescore_run
from triage.runs.tasks import RESCORE
from triage.science.ingest.rescoring import CannotRescore
from triage.science.store.browsing import SampleFilter

pytestmark = pytest.mark.django_db


def rows(**more: Any) -> list[dict[str, Any]]:
    """By 'exact' the samples 0 to 5 are errors, by 'any_of' 0 to 3."""
    said = ["dog"] * 4 + ["cat!"] * 2 + ["cat"] * 4
    return [
        {"sample_id": f"s{n}", "question": "What is it?", "answers": ["cat"], "prediction": text}
        | more
        for n, text in enumerate(said)
    ]


@pytest.fixture
def lead(client):
    client.project = make_project(lena=Role.LEAD, anna=Role.ANNOTATOR)
    client.force_login(get_user_model().objects.get(username="lena"))
    return client


def a_run(project: Any, tmp_path: Path, rule: str = "exact", **more: Any) -> Run:
    return make_run(project, write_lines(tmp_path / "x.jsonl", rows(**more)), rule=rule)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def told(*words: str) -> dict[str, Any]:
    sink = StringIO()
    call_command(*words, "--json", stdout=sink)
    return json.loads(sink.getvalue())


def errors(run: Run) -> list[int]:
    return run.browser.positions(SampleFilter()).tolist()


def test_the_command_says_what_changed(tmp_path: Path) -> None:
    run = a_run(make_project(), tmp_path)

    said = told("rescore_run", str(run.pk), "--rule", "any_of")

    examples = said.pop("examples")
    assert said == {
        "run": run.pk, "version": 2, "rule": "any_of", "samples": 10, "errors": 4, "accuracy": 0.6,
        "was": {"version": 1, "rule": "exact", "errors": 6, "accuracy": 0.4},
        "errors_gone": 2, "errors_new": 0,
    }  # fmt: skip
    assert examples[0] == {
        "change": "gone", "sample_id": "s4", "prediction": "cat!", "answered": "cat!",
        "references": ["cat"],
    }  # fmt: skip
    assert [each["sample_id"] for each in examples] == ["s4", "s5"]
    run.refresh_from_db()
    assert (run.scoring, run.errors, run.scoring_version) == ("any_of", 4, 2)
    assert errors(run) == [0, 1, 2, 3]
    assert [each.browser.count(SampleFilter()) for each in run.versions_of_scoring()] == [4, 6]


def test_without_a_rule_predictions_are_read_again_by_the_same(tmp_path: Path) -> None:
    run = a_run(make_project(), tmp_path)
    outcome = run.outcome
    said = told("rescore_run", str(run.pk))
    assert (said["rule"], said["version"], said["errors_gone"]) == ("exact", 2, 0)
    run.refresh_from_db()
    assert run.outcome == outcome


def test_every_change_follows_the_one_before(tmp_path: Path) -> None:
    run = a_run(make_project(), tmp_path)
    told("rescore_run", str(run.pk), "--rule", "any_of")
    said = told("rescore_run", str(run.pk), "--rule", "exact")
    assert said["was"] == {"version": 2, "rule": "any_of", "errors": 4, "accuracy": 0.6}
    assert (said["errors_new"], said["examples"][0]["change"]) == (2, "new")
    numbers = ScoringVersion.objects.values_list("number", flat=True)
    assert list(numbers) == [3, 2, 1]


@pytest.mark.parametrize(
    ("rule", "says"), [("given", "which 10 of 10 samples lack"), ("guess", "no scoring rule")]
)
def test_the_command_refuses_plainly(tmp_path: Path, rule: str, says: str) -> None:
    run = a_run(make_project(), tmp_path)
    with pytest.raises(CommandError, match=says):
        told("rescore_run", str(run.pk), "--rule", rule)
    assert not ScoringVersion.objects.exists()


def test_a_run_of_before_accuracy_was_kept_gets_it(tmp_path: Path) -> None:
    run = a_run(make_project(), tmp_path)
    Run.objects.filter(pk=run.pk).update(accuracy=None, outcome={})
    said = told("rescore_run", str(run.pk), "--rule", "any_of")
    assert said["was"]["accuracy"] == 0.4


def test_a_crash_before_the_switch_leaves_the_run_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(make_project(), tmp_path)
    before = Run.objects.values().get()

    def fails(self: Any, *args: Any, **more: Any) -> None:
        raise OSError("the machine stopped")

    monkeypatch.setattr(ScoringVersion, "save", fails)
    with pytest.raises(OSError, match="stopped"):
        rescore_run(run, "any_of")

    assert Run.objects.values().get() == before
    assert errors(Run.objects.get()) == [0, 1, 2, 3, 4, 5]
    assert errors(run) == [0, 1, 2, 3, 4, 5]
    assert sorted(p.name for p in Path(run.folder.path()).glob("samples*")) == ["samples"]


def test_of_two_at_once_the_second_is_refused(tmp_path: Path) -> None:
    run = a_run(make_project(), tmp_path)
    late = Run.objects.get(pk=run.pk)
    rescore_run(run, "any_of")
    with pytest.raises(CannotRescore, match="meanwhile"):
        rescore_run(late, "exact")
    run.refresh_from_db()
    assert (run.scoring_version, errors(run)) == (2, [0, 1, 2, 3])
    with pytest.raises(ScoringMoved):
        run.adopt(ScoringVersion(run=run, number=9, rule="exact", samples_at="samples", errors=0))


def test_a_lead_changes_the_rule_on_the_page(lead: Any, tmp_path: Path) -> None:
    run = a_run(lead.project, tmp_path)
    page = reverse("triage:run-scoring", args=[run.pk])
    assert page in text(lead.get(run.get_absolute_url()))
    first = text(lead.get(page))
    assert "as imported" in first
    assert "What version" not in first

    # Tests carry a job out where it is queued.
    lead.post(reverse("triage:run-rescore", args=[run.pk]), {"rule": "any_of"})

    assert Job.objects.get().result == {
        "version": 2, "errors": 4, "errors_gone": 2, "errors_new": 0,
    }  # fmt: skip
    shown = text(lead.get(page))
    assert "What version 2 changed" in shown
    assert reverse("triage:sample", args=[run.pk, 4]) in shown
    assert reverse("triage:sample", args=[run.pk, 1]) not in shown
    assert "No sample changed this way" in text(lead.get(page + "?version=2&change=new"))
    assert "What version" not in text(lead.get(page + "?version=1"))
    assert "(version 2)" in text(lead.get(run.get_absolute_url()))
    assert "4 error samples" in text(lead.get(reverse("triage:run-errors", args=[run.pk])))


@pytest.mark.parametrize("query", ["version=99", "version=x", "change=x", "page=99", "page=x"])
def test_odd_addresses_show_the_page(lead: Any, tmp_path: Path, query: str) -> None:
    run = a_run(lead.project, tmp_path)
    rescore_run(run, "any_of")
    page = lead.get(reverse("triage:run-scoring", args=[run.pk]) + f"?{query}")
    assert "What version 2 changed" in text(page)


def test_the_page_refuses_what_cannot_be(lead: Any, tmp_path: Path) -> None:
    run = a_run(lead.project, tmp_path)
    address = reverse("triage:run-rescore", args=[run.pk])
    assert "which 10 of 10 samples lack" in text(lead.post(address, {"rule": "given"}, follow=True))
    assert "no scoring rule" in text(lead.post(address, follow=True))
    assert not Job.objects.exists()


def test_the_rule_stays_while_other_work_reads_the_run(lead: Any, tmp_path: Path) -> None:
    run = a_run(lead.project, tmp_path)
    job = Job.objects.create(kind=RESCORE.name, project=run.project, run=run, share=0.4)
    page = text(lead.get(reverse("triage:run-scoring", args=[run.pk])))
    assert "Scoring anew" in page
    assert "when it is done the rule can be changed" in page
    address = reverse("triage:run-rescore", args=[run.pk])
    assert "wait until it is done" in text(lead.post(address, {"rule": "any_of"}, follow=True))
    assert Job.objects.get() == job


def test_the_page_shows_where_rule_and_judge_differ(lead: Any, tmp_path: Path) -> None:
    run = a_run(lead.project, tmp_path, "given", correct=1)
    page = text(lead.get(reverse("triage:run-scoring", args=[run.pk])))
    assert "Where “Exact match” and the file’s verdict differ" in page
    assert "s0: “dog” — cat · judge 1, rule 0" in page
    assert "6 differ" in page


def test_a_sample_without_references_shows_none(lead: Any, tmp_path: Path) -> None:
    listed = rows(correct=1)
    for each in listed[:2]:
        each.update(correct=0)
        del each["answers"]
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", listed), rule="given")
    version = rescore_run(run)
    ScoringVersion.objects.filter(pk=version.pk).update(errors_gone=1, gone_positions=[0])
    page = text(lead.get(reverse("triage:run-scoring", args=[run.pk])))
    assert '<td class="cell-text"> — </td>' in page
    assert "None" not in page


def test_what_was_made_before_says_so(lead: Any, tmp_path: Path) -> None:
    run = a_run(lead.project, tmp_path)
    analyse_run(run)
    places = [run.get_absolute_url(), reverse("triage:clusters", args=[run.pk])]
    assert not any("This was made from" in text(lead.get(each)) for each in places)
    rescore_run(run, "any_of")
    for each in places:
        assert "This was made from version 1 of the scoring" in text(lead.get(each))
    analyse_run(Run.objects.get())
    assert not any("This was made from" in text(lead.get(each)) for each in places)


def test_an_annotator_and_a_stranger_may_not(client: Any, lead: Any, tmp_path: Path) -> None:
    run = a_run(lead.project, tmp_path)
    page = reverse("triage:run-scoring", args=[run.pk])
    change = reverse("triage:run-rescore", args=[run.pk])
    client.force_login(get_user_model().objects.get(username="anna"))
    assert client.get(page).status_code == 403
    assert client.post(change, {"rule": "any_of"}).status_code == 403
    client.force_login(get_user_model().objects.create_user("otto"))
    assert client.get(page).status_code == 404
    assert client.post(change, {"rule": "any_of"}).status_code == 404
    assert not Job.objects.exists()
    assert lead.get(change).status_code == 405
