"""import_run: one JSON object a run with stable keys, and a refusal that says how to go on."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import make_project, sample_rows, write_lines
from tests.triage.science.store.test_pictures import png
from triage.models import Project, Run

pytestmark = pytest.mark.django_db

KEYS = {
    "run", "uuid", "name", "model", "profile", "samples", "groups", "groups_right", "errors",
    "accuracy", "rule", "rules", "judge_agreement", "published", "read", "borders", "refused",
    "reasons", "images", "image_names", "images_missing", "side_files", "scoring", "mapping",
    "notes",
}  # fmt: skip


def told(*words: Any) -> list[dict[str, Any]]:
    """What the command prints, one object a line."""
    sink = StringIO()
    project = ["--project", "Shapes", "--create-project", "--json"]
    call_command("import_run", *map(str, words), *project, stdout=sink)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def refused(*words: Any) -> str:
    with pytest.raises(CommandError) as problem:
        told(*words)
    assert not Run.objects.exists()
    assert problem.value.returncode == 1
    return str(problem.value)


def test_a_run_is_told_with_all_its_keys(tmp_path: Path) -> None:
    rows = [
        {"id": n, "image": f"/old/{n}.png", "question": "q", "answer": "sea", "pred": said}
        for n, said in enumerate(["sea", "the wide sea", "", "sea"])
    ]
    (tmp_path / "0.png").write_bytes(png())
    (document,) = told(write_lines(tmp_path / "p.jsonl", rows), "--images", tmp_path)

    assert set(document) == KEYS
    run = Run.objects.get()
    assert (document["run"], document["uuid"], document["name"]) == (run.pk, str(run.uuid), "p")
    assert (document["samples"], document["errors"], document["accuracy"]) == (4, 2, 0.5)
    assert (document["rule"], document["scoring"]) == ("exact", "exact")
    assert document["rules"]["exact"] == 0.5
    assert document["read"] == {"answered": 3, "no_answer": 1, "failed_call": 0, "not_readable": 0}
    assert document["borders"] == {"contains": 1}
    assert document["images"] == {"named": 4, "found": 1, "guessed": 1, "missing": 3}
    assert document["image_names"] == {
        "missing": ["/old/1.png", "/old/2.png", "/old/3.png"],
        "guessed": {"/old/0.png": "0.png"},
        "common_prefix": "/old/",
    }
    assert document["mapping"]["prediction"] == ["pred"]
    assert (document["reasons"], document["judge_agreement"]) == ([], None)


def test_the_same_is_told_in_words(tmp_path: Path) -> None:
    make_project()
    sink = StringIO()
    source = write_lines(tmp_path / "p.jsonl", sample_rows(4, 1))
    call_command("import_run", str(source), "--project", "shapes", stdout=sink)
    assert "samples" in sink.getvalue()
    assert "accuracy" in sink.getvalue()


def test_several_models_are_several_lines(tmp_path: Path) -> None:
    rows = [
        {"id": n, "question": "q", "answer": "sea", "pred_one": "sea", "pred_two": "hill"}
        for n in range(3)
    ]
    documents = told(write_lines(tmp_path / "p.jsonl", rows), "--name", "both")
    assert [(each["model"], each["errors"], each["name"]) for each in documents] == [
        ("one", 0, "both · one"), ("two", 3, "both · two"),
    ]  # fmt: skip


def test_several_pairs_may_follow_one_map(tmp_path: Path) -> None:
    rows = [{"a": "x", "b": n, "ask": "q", "right": "1", "out": "2"} for n in range(3)]
    (document,) = told(
        write_lines(tmp_path / "p.jsonl", rows),
        "--map", "sample_id=a+b", "question=ask", "answers=right", "prediction=out", "split=",
    )  # fmt: skip
    assert document["mapping"] == {
        "sample_id": ["a", "b"], "question": ["ask"], "answers": ["right"], "prediction": ["out"],
    }  # fmt: skip


def test_a_field_inside_a_field_is_mapped_by_its_path(tmp_path: Path) -> None:
    rows = [{"id": n, "doc": {"ask": ["q"]}, "gold": {"x": "1"}, "pred": "1"} for n in range(3)]
    source = write_lines(tmp_path / "p.jsonl", rows)
    (document,) = told(source, "--map", "question=doc.ask[0]", "answers=gold.*")
    assert document["errors"] == 0
    assert Run.objects.get().browser.sample(0)["question"] == "q"


def test_refused_rows_are_accepted_by_a_word(tmp_path: Path) -> None:
    rows = sample_rows(10, 2)
    rows[3]["confidence"] = 7
    source = write_lines(tmp_path / "p.jsonl", rows)

    words = refused(source)
    assert "1 of 10 rows are refused: 1 × row 4, confidence: is 7" in words
    assert words.endswith("To import it anyway: --accept-refused")

    (document,) = told(source, "--accept-refused")
    assert (document["samples"], document["refused"]) == (9, 1)
    (reason,) = document["reasons"]
    assert (reason["field"], reason["count"]) == ("confidence", 1)


def test_a_doubtful_run_is_confirmed_by_a_word(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "p.jsonl", sample_rows(30, 30))
    assert refused(source).endswith("To import it anyway: --confirm")
    (document,) = told(source, "--confirm")
    assert document["errors"] == 30


def test_files_that_match_badly_are_confirmed_by_a_word(tmp_path: Path) -> None:
    said = [{"question_id": n, "answer": "sea"} for n in range(10)]
    known = [{"question_id": n, "question": "q", "answers": ["sea"]} for n in range(6)]
    files = [
        write_lines(tmp_path / "said.jsonl", said), write_lines(tmp_path / "gold.jsonl", known),
    ]  # fmt: skip
    words = refused(*files)
    assert "6 of 10 rows matched with gold.jsonl by question_id" in words
    assert words.endswith("To import it anyway: --confirm")
    (document,) = told(*files, "--confirm", "--accept-refused")
    assert (document["samples"], document["refused"]) == (6, 4)


def test_the_verdict_of_the_file_and_its_agreement_are_told(tmp_path: Path) -> None:
    rows = [{**row, "hit": n != 5} for n, row in enumerate(sample_rows(40, 0))]
    (document,) = told(write_lines(tmp_path / "p.jsonl", rows))
    assert (document["rule"], document["errors"]) == ("given", 1)
    assert document["judge_agreement"] == 0.975


def test_an_encoding_is_said_and_told(tmp_path: Path) -> None:
    source = tmp_path / "p.csv"
    source.write_bytes("id,answer,pred\n1,naïve,naïve\n".encode("cp850"))
    (document,) = told(source, "--encoding", "cp850")
    assert (document["errors"], document["notes"][0]) == (0, "encoding cp850")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.jsonl", '{"id": 1, "question": "q"}\n', "none: no column holds what a model wrote"),
        ("x.pkl", "x", "a pickle runs what is in it and is never opened"),
        ("ref.jsonl", '{"id": 1, "question": "q", "pred": "a"}\n', "no reference answer and no verdict"),
        ("cut.jsonl", '{"id": 1, "pred": "a"}\n{"id": 2, ', "the last line is cut off"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_one_plain_line(
    tmp_path: Path, name: str, content: str, says: str
) -> None:
    source = tmp_path / name
    source.write_text(content)
    words = refused(source)
    assert says in words
    assert "\n" not in words


def test_a_project_is_made_only_where_that_was_asked(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "p.jsonl", sample_rows(3, 1))
    with pytest.raises(CommandError, match="There is no project 'Shapes'"):
        call_command("import_run", str(source), "--project", "Shapes", stdout=StringIO())
    told(source)
    told(source)
    assert [project.runs.count() for project in Project.objects.all()] == [2]
