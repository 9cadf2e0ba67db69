"""Verdicts from files: taken once, refused row by row, never half-done."""

import csv
import json
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from annotations.audits import drawing
from annotations.models import Verdict
from annotations.review import verdict_files
from tests.annotations.audit_factories import make_audit, make_member
from triage.models import Project, Role

pytestmark = pytest.mark.django_db


def rows_of(audit, kinds):
    items = audit.items.order_by("place")
    return [
        {"sample_id": item.sample_id, "verdict": kind}
        for item, kind in zip(items, kinds, strict=False)
    ]


def jsonl(tmp_path, rows, name="verdicts.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def csv_file(tmp_path, rows, name="verdicts.csv"):
    path = tmp_path / name
    names = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def run_command(audit, path, annotator="outside", **more):
    out = StringIO()
    call_command(
        "record_verdicts", str(audit.pk), str(path), annotator=annotator, stdout=out, **more
    )
    return out.getvalue()


def state():
    return list(Verdict.objects.order_by("pk").values_list("pk", "kind", "submission"))


@pytest.mark.parametrize("write", [jsonl, csv_file])
def test_a_file_is_recorded_and_the_same_file_again_changes_nothing(tmp_path, write) -> None:
    audit = make_audit(6)
    path = write(tmp_path, rows_of(audit, ["match", "mismatch", "unsure", "match"]))
    first = json.loads(run_command(audit, path, json=True))
    assert (first["recorded"], first["unchanged"], first["refused"]) == (4, 0, 0)
    before = state()
    again = json.loads(run_command(audit, path, json=True))
    assert (again["recorded"], again["unchanged"], again["refused"]) == (4, 4, 0)
    assert state() == before


def test_the_name_given_becomes_a_member_who_cannot_sign_in(tmp_path, client) -> None:
    audit = make_audit(2)
    run_command(audit, jsonl(tmp_path, rows_of(audit, ["match"])), "team-in-berlin")
    user = get_user_model().objects.get(username="team-in-berlin")
    assert not user.has_usable_password()
    assert user.memberships.get().role == Role.ANNOTATOR
    assert not client.login(username="team-in-berlin", password="")


def test_a_person_of_another_project_is_not_let_in_by_a_file(tmp_path) -> None:
    audit = make_audit(2)
    user = make_member(Project.start("Elsewhere"), "zoe")
    user.set_password("long enough for zoe")
    user.save()
    with pytest.raises(CommandError, match="zoe is not a member"):
        run_command(audit, jsonl(tmp_path, rows_of(audit, ["match"])), "zoe")
    assert not Verdict.objects.exists()


def test_each_refused_row_says_row_field_and_reason_and_the_others_are_kept(tmp_path) -> None:
    audit = make_audit(4)
    known = [item.sample_id for item in audit.items.order_by("place")]
    rows = [
        {"sample_id": known[0], "kind": "match"},
        {"sample_id": "nobody", "kind": "match"},
        {"sample_id": known[1], "kind": "perhaps"},
        {"sample_id": known[2], "kind": "match", "corrected_answer": "two"},
        {"sample_id": known[0], "kind": "mismatch"},
        {
            "sample_id": known[3],
            "kind": "Wrong answer",
            "corrected_answer": " four ",
            "comment": "c",
        },
        {"kind": "match"},
    ]
    document = json.loads(run_command(audit, jsonl(tmp_path, rows), json=True))
    assert document["recorded"] == 2
    assert [(each["row"], each["field"]) for each in document["refusals"]] == [
        (2, "sample_id"),
        (3, "verdict"),
        (4, "corrected_answer"),
        (5, "sample_id"),
        (7, "sample_id"),
    ]
    kept = Verdict.objects.get(item__sample_id=known[3])
    assert (kept.kind, kept.corrected_answer, kept.comment) == ("wrong_answer", "four", "c")


def test_a_changed_file_supersedes_and_the_first_file_again_supersedes_back(tmp_path) -> None:
    audit = make_audit(2)
    one = jsonl(tmp_path, rows_of(audit, ["match"]), "one.jsonl")
    two = jsonl(tmp_path, rows_of(audit, ["mismatch"]), "two.jsonl")
    for path in (one, two, one, one):
        run_command(audit, path)
    assert list(Verdict.objects.values_list("kind", flat=True)) == ["match", "mismatch", "match"]
    assert Verdict.objects.standing().count() == 1


def test_more_people_than_the_overlap_are_refused(tmp_path) -> None:
    audit = make_audit(2)
    path = jsonl(tmp_path, rows_of(audit, ["match", "match"]))
    run_command(audit, path, "first")
    document = json.loads(run_command(audit, path, "second", json=True))
    assert (document["recorded"], document["refused"]) == (0, 2)


def test_files_that_are_none_and_closed_audits_leave_nothing_behind(tmp_path) -> None:
    audit = make_audit(2)
    empty, other, cut = (tmp_path / name for name in ("empty.csv", "other.csv", "cut.csv"))
    empty.write_text("")
    other.write_text("id,said\n1,match\n")
    sample = audit.items.first().sample_id
    cut.write_text(f'sample_id,verdict\n{sample},match\n"s1,mat')
    for path in (empty, other, cut, tmp_path / "absent.csv"):
        with pytest.raises(CommandError):
            run_command(audit, path)
    drawing.close(audit)
    with pytest.raises(CommandError, match="closed"):
        run_command(audit, jsonl(tmp_path, rows_of(audit, ["match"])))
    assert not Verdict.objects.exists()


def test_a_name_that_cannot_be_a_user_is_refused(tmp_path) -> None:
    audit = make_audit(1)
    with pytest.raises(CommandError):
        run_command(audit, jsonl(tmp_path, rows_of(audit, ["match"])), "no spaces allowed")


def test_another_module_gets_the_counts_as_numbers(tmp_path) -> None:
    audit = make_audit(3)
    user = make_member(audit.project, "ann", Role.ANNOTATOR)
    path = jsonl(tmp_path, rows_of(audit, ["match", "mismatch", "unusable"]))
    result = verdict_files.record_file(audit, path, user)
    assert (result.recorded, result.unchanged, result.refused) == (3, 0, ())
