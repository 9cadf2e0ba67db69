"""Commands: one JSON object, or one clear line and a status that says so."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import (
    CommandError,
    call_command,
    get_commands,
    load_command_class,
)

from tests.factories import make_project, sample_rows, write_lines
from triage.models import Clustering, Project, Run

pytestmark = pytest.mark.django_db

OUR_APPS = ("triage", "annotations", "diagnostics")


def told(*words: str) -> dict:
    sink = StringIO()
    call_command(*words, "--json", stdout=sink)
    return json.loads(sink.getvalue())


def test_import_then_analyse(tmp_path: Path) -> None:
    make_project()
    source = write_lines(tmp_path / "x.jsonl", sample_rows(60, 40))

    imported = told("import_run", str(source), "--project", "shapes", "--name", "first")
    analysed = told("analyse_run", str(imported["run"]), "--seed", "4")

    assert (imported["samples"], imported["errors"], imported["refused"]) == (60, 40, 0)
    clustering = Clustering.objects.get()
    assert analysed["clusters"] == clustering.clusters
    assert analysed["unclustered"] == clustering.unclustered
    assert analysed["run"] == imported["run"]
    sizes = sum(card["size"] for card in clustering.cards)
    assert sizes == 40


def test_columns_are_joined_and_renamed(tmp_path: Path) -> None:
    rows = [{"a": "x", "b": i, "ask": "?", "gold": "1", "out": "2", "left": i} for i in range(4)]
    source = write_lines(tmp_path / "x.jsonl", rows)
    call_command(
        "import_run", str(source), "--project", "New", "--create-project",
        "--map", "sample_id=a+b", "--map", "question=ask", "--map", "answers=gold",
        "--map", "prediction=out", stdout=StringIO(),
    )  # fmt: skip
    run = Run.objects.get()
    assert run.mapping["sample_id"] == ["a", "b"]
    assert Project.objects.get().name == "New"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.jsonl", "--project", "shapes"], "no such file"),
        (["{file}", "--project", "nobody"], "There is no project 'nobody'"),
        (["{file}", "--project", "shapes", "--map", "prediction"], "field=column"),
        (["{file}", "--project", "shapes", "--map", "predicton=x"], "did you mean prediction"),
        (["{file}", "--project", "shapes", "--map", "prediction=nope"], "no column 'nope'"),
        (["{file}", "--project", "shapes", "--scoring", "magic"], "no scoring rule"),
        (["{file}", "--project", "shapes", "--scoring", "given"], "needs a column mapped to"),
        (["{file}", "--project", "shapes", "--images", "/nowhere"], "no such folder"),
        (["{file}", "--project", "shapes", "--user", "ghost"], "There is no user 'ghost'"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, words: list[str], says: str) -> None:
    make_project()
    source = write_lines(tmp_path / "x.jsonl", sample_rows(4, 2))

    with pytest.raises(CommandError) as problem:
        call_command("import_run", *[word.format(file=source) for word in words])

    assert says in str(problem.value)
    assert "\n" not in str(problem.value)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["77"], "There is no run '77'"),
        (["x"], "There is no run 'x'"),
        (["{run}", "--encoder", "magic"], "magic"),
        (["{run}", "--encoder", "clip:/nowhere"], "nowhere"),
        (["{run}", "--seed", "-1"], "seed"),
    ],
)
def test_an_analysis_that_cannot_be_is_said(tmp_path: Path, words: list[str], says: str) -> None:
    make_project()
    source = write_lines(tmp_path / "x.jsonl", sample_rows(4, 2))
    call_command("import_run", str(source), "--project", "shapes", stdout=StringIO())
    run = Run.objects.get()

    with pytest.raises(CommandError, match=says):
        call_command("analyse_run", *[word.format(run=run.pk) for word in words])
    assert not Clustering.objects.exists()


def test_every_command_of_ours_explains_itself() -> None:
    ours = [name for name, app in get_commands().items() if app in OUR_APPS]
    assert {"import_run", "draw_audit", "score_mismatch", "demo"} <= set(ours)
    for name in ours:
        command = load_command_class(get_commands()[name], name)
        assert "usage:" in command.create_parser("manage.py", name).format_help()
