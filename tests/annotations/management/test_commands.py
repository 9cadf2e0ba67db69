"""The commands: one JSON object each, one clear line on bad input."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Audit
from tests.annotations.audit_factories import (
    error_rows,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from triage.models import StoredFilter

pytestmark = pytest.mark.django_db


def said(name: str, *arguments: str) -> dict:
    """What the command prints with --json."""
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    printed = out.getvalue()
    assert printed.count("\n") == 1
    return json.loads(printed)


def test_draw_audit_prints_what_was_drawn() -> None:
    run = ingest_run(make_project_of(), error_rows(30))

    told = said("draw_audit", str(run.pk), "--protocol", "custom", "--size", "5", "--seed", "3")

    audit = Audit.objects.get()
    assert {"audit", "population", "size", "seed", "sample_ids"} <= set(told)
    assert (told["audit"], told["population"], told["size"], told["seed"]) == (audit.pk, 30, 5, 3)
    assert len(told["sample_ids"]) == 5
    again = said("draw_audit", str(run.uuid), "--protocol", "custom", "--size", "5", "--seed", "3")
    assert again["sample_ids"] == told["sample_ids"]


def test_draw_audit_takes_a_stored_filter_or_criteria() -> None:
    run = ingest_run(make_project_of(), error_rows(30))
    StoredFilter.objects.create(run=run, name="counting", criteria={"question_type": ["counting"]})

    by_name = said(
        "draw_audit", str(run.pk), "--protocol", "quality-200", "--stored-filter", "counting"
    )
    by_criteria = said(
        "draw_audit", str(run.pk), "--protocol", "quality-200",
        "--criteria", '{"question_type": ["existence"]}',
    )  # fmt: skip

    assert by_name["population"] == by_criteria["population"] == 15


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "--protocol", "quality-200"], "no run 'nowhere'"),
        (["RUN", "--protocol", "quality-300"], "unknown protocol"),
        (["RUN", "--protocol", "custom"], "needs a size"),
        (["RUN", "--protocol", "quality-200", "--size", "3"], "fixes size"),
        (["RUN", "--protocol", "custom", "--size", "3", "--threshold", "2"], "between 0 and 1"),
        (["RUN", "--protocol", "quality-200", "--stored-filter", "x"], "no stored filter 'x'"),
        (["RUN", "--protocol", "quality-200", "--criteria", "{"], "not JSON"),
        (["RUN", "--protocol", "quality-200", "--criteria", "[1]"], "JSON object"),
    ],
)
def test_draw_audit_refuses_in_one_line(arguments, words) -> None:
    run = ingest_run(make_project_of(), error_rows(5))
    given = [str(run.pk) if each == "RUN" else each for each in arguments]

    with pytest.raises(CommandError, match=words) as refused:
        call_command("draw_audit", *given)
    assert "\n" not in str(refused.value)
    assert not Audit.objects.exists()


def test_noise_ratio_prints_the_fixed_names() -> None:
    audit = make_audit(errors=10)
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch"] * 3 + ["match"] * 7)

    told = said("noise_ratio", str(audit.pk))

    assert list(told)[:10] == [
        "successes", "decided", "population", "point", "low", "high", "rule", "established",
        "mismatch_only", "bounds",
    ]  # fmt: skip
    assert (told["successes"], told["decided"], told["population"]) == (3, 10, 10)
    assert told["rule"] == told["established"] == "at_least"


def test_noise_ratio_without_json_is_one_line_a_name() -> None:
    audit = make_audit(errors=2)
    out = StringIO()

    call_command("noise_ratio", str(audit.uuid), stdout=out)

    assert "established: not_settled" in out.getvalue().splitlines()


@pytest.mark.parametrize("name", ["0", "99999999999999999999", "no such", "-1"])
def test_noise_ratio_of_nothing_is_refused(name) -> None:
    with pytest.raises(CommandError, match="There is no audit"):
        call_command("noise_ratio", "--", name)


def test_export_curated_prints_counts_and_files(tmp_path) -> None:
    audit = make_audit(errors=6, right=4)
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch", "match"])
    run = str(audit.run.uuid)

    told = said("export_curated", run, "--to", str(tmp_path / "out"), "--format", "csv")

    assert (told["kept"], told["dropped"], told["corrected"]) == (9, 1, 0)
    assert all((tmp_path / "out").joinpath(path).is_file() for path in told["files"])
    kept = said("export_curated", run, "--to", str(tmp_path / "all"), "--drop")
    assert kept["kept"] == 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "xlsx"], "unknown format 'xlsx'"),
        (["--drop", "bad"], "unknown verdicts: bad"),
        (["--weight", "match=heavy"], "could not convert"),
        (["--weight", "match=-1"], "weight of match"),
    ],
)
def test_export_curated_refuses_in_one_line(arguments, words, tmp_path) -> None:
    run = ingest_run(make_project_of(), error_rows(2))

    with pytest.raises(CommandError, match=words):
        call_command("export_curated", str(run.pk), "--to", str(tmp_path / "out"), *arguments)
    assert not (tmp_path / "out").exists()
