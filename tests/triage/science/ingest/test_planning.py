"""From what was given to the runs that it will be: models, parts, names of rows, what stands beside."""

from pathlib import Path
from typing import Any

import pytest

from tests.triage.imports.bringing import Content, seen
from triage.imports.importing import ImportRefused
from triage.science.ingest.planning import Plan, nothing_said
from triage.science.readers import UnreadableFile

ASKED = {"question": "What is it?", "answer": "sea"}


def all_rows(plan: Plan) -> list[int]:
    return [int(row) for batch in plan.reader.batches() for row in batch.rows]


def test_a_column_of_models_is_a_run_each(tmp_path: Path) -> None:
    rows = [{"id": n, **ASKED, "model": m, "pred": "sea"} for n in range(30) for m in ("a", "b")]
    plans = seen(tmp_path, {"p.jsonl": rows})
    assert [(plan.model, plan.name) for plan in plans] == [("a", "p · a"), ("b", "p · b")]
    assert all_rows(plans[0]) == list(range(1, 61, 2))
    assert {row["model"] for row in plans[1].rows} == {"b"}


def test_models_that_a_person_keeps_together_are_one_run(tmp_path: Path) -> None:
    rows = [{"id": n, **ASKED, "model": m, "pred": "sea"} for n in range(3) for m in ("a", "b")]
    assert len(seen(tmp_path, {"p.jsonl": rows}, settled=frozenset({"model"}))) == 1


@pytest.mark.parametrize(
    ("more", "columns"),
    [
        ({"pred_a": "sea", "pred_b": "hill"}, ("pred_a", "pred_b")),
        ({"response_a": "sea", "response_b": "hill"}, ("response_a", "response_b")),
        ({"predictions": {"a": "sea", "b": "hill"}}, ("predictions.a", "predictions.b")),
        ({"responses": {"a": "sea", "b": "hill"}}, ("responses.a", "responses.b")),
    ],
)
def test_a_column_a_model_is_a_run_each(
    tmp_path: Path, more: dict[str, Any], columns: tuple[str, str]
) -> None:
    plans = seen(tmp_path, {"wide.jsonl": [{"id": n, **ASKED, **more} for n in range(4)]})
    assert [plan.model for plan in plans] == ["a", "b"]
    assert [plan.mapping.columns_of("prediction") for plan in plans] == [(c,) for c in columns]
    assert {plan.mapping.columns_of("answers") for plan in plans} == {("answer",)}


def test_a_prediction_beside_its_box_or_label_is_one_model(tmp_path: Path) -> None:
    rows = [{"id": n, **ASKED, "pred_label": "sea", "pred_box": [0, 0, 1, 1]} for n in range(4)]
    assert len(seen(tmp_path, {"p.jsonl": rows})) == 1


def test_files_of_the_same_rows_are_models_and_of_other_rows_parts(tmp_path: Path) -> None:
    def rows(start: int) -> Content:
        return [{"id": n, **ASKED, "pred": "sea"} for n in range(start, start + 3)]

    models = seen(tmp_path, {"one.jsonl": rows(0), "two.jsonl": rows(0)})
    assert [(plan.model, len(plan.rows)) for plan in models] == [("one", 3), ("two", 3)]
    (parts,) = seen(tmp_path, {"val_1.jsonl": rows(0), "val_2.jsonl": rows(3)})
    assert (parts.name, len(parts.rows)) == ("val", 6)
    assert {row["file"] for row in parts.rows} == {"val_1", "val_2"}


def test_a_judged_file_beside_the_plain_one_is_the_one_that_counts(tmp_path: Path) -> None:
    rows = [{"index": n, **ASKED, "prediction": f"sea {n}"} for n in range(4)]
    files = {"m_SET.jsonl": rows, "m_SET_result.jsonl": [{**row, "hit": 1} for row in rows]}
    (plan,) = seen(tmp_path, files)
    assert (plan.name, plan.rule) == ("m_SET_result", "given")


def test_names_that_come_twice_are_completed(tmp_path: Path) -> None:
    rows = [{"qid": n // 2, **ASKED, "question": f"q{n % 2}", "pred": "sea"} for n in range(8)]
    (plan,) = seen(tmp_path, {"p.jsonl": rows})
    assert plan.mapping.columns_of("sample_id") == ("qid", "question")
    assert [str(note) for note in plan.notes] == ["qid is not unique: rows go by qid + question"]
    (left,) = seen(tmp_path, {"p.jsonl": rows}, settled=frozenset({"sample_id"}))
    assert left.mapping.columns_of("sample_id") == ("qid",)


def test_rows_without_names_go_by_their_numbers(tmp_path: Path) -> None:
    (plan,) = seen(tmp_path, {"p.jsonl": [{**ASKED, "pred": "sea"}] * 3})
    assert plan.mapping.columns_of("sample_id") == ()
    assert plan.notes == ("no column names the rows: they go by their numbers in the file",)


def test_files_that_match_badly_are_asked_about(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "preds.json": [{"question_id": n, "answer": "sea"} for n in range(10)],
        "gold_answers.jsonl": [{"question_id": n, "question": "q", "answers": ["sea"]} for n in range(8)],
    }  # fmt: skip
    (plan,) = seen(tmp_path, files)
    assert [str(ask) for ask in plan.asks] == [
        "8 of 10 rows matched with gold_answers.jsonl by question_id; 2 without, e.g. 8, 9"
    ]
    assert plan.mapping.columns_of("prediction") == ("prediction",)
    assert plan.mapping.columns_of("answers") == ("answers",)


def test_a_file_that_fits_nothing_is_left_out_and_said(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "preds.jsonl": [{"id": n, **ASKED, "pred": "sea"} for n in range(5)],
        "labels.jsonl": [{"uid": f"z{n}", "colour": "red"} for n in range(5)],
    }
    (plan,) = seen(tmp_path, files)
    assert "labels.jsonl fits no row and was left out" in [str(note) for note in plan.notes]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"answer": "sea", "pred": "hill", "hit": 1}, "given"),
        ({"answer": "yes", "pred": "No."}, "yes_no"),
        ({"answer": "sea", "pred": "hill", "choices": ["sea", "hill"]}, "choice"),
        ({"answer": ["sea", "ocean"], "pred": "hill"}, "any_of"),
        ({"answer": ["sea"] * 6 + ["lake"] * 4, "pred": "hill"}, "vqa"),
        ({"answer": "sea", "pred": "hill"}, "exact"),
        ({"answer": [], "pred": "hill"}, "exact"),
    ],
)
def test_the_likeliest_rule_is_chosen(tmp_path: Path, more: dict[str, Any], rule: str) -> None:
    rows = [{"id": n, "question": "q", **more} for n in range(5)]
    assert [plan.rule for plan in seen(tmp_path, {"p.jsonl": rows})] == [rule]


def test_a_table_without_predictions_says_what_it_has(tmp_path: Path) -> None:
    (plan,) = seen(tmp_path, {"p.jsonl": [{"id": 1, "question": "q"}]})
    refusal = nothing_said(plan)
    assert isinstance(refusal, UnreadableFile)
    assert str(refusal) == "p: no column holds what a model wrote; it has: id, question"


def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"x\.pkl: a pickle runs what is in it"):
        seen(tmp_path, {"x.pkl": b"\x80\x04"})
