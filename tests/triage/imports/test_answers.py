"""What models wrote, as real files hold it: imported without a word said, and scored rightly."""

from pathlib import Path
from typing import Any

import pytest

from tests.triage.imports.bringing import counts, one, samples, verdicts
from triage.imports.importing import ImportRefused, WordNeeded

pytestmark = pytest.mark.django_db


def asked(pairs: list[tuple[Any, Any]], **more: Any) -> list[dict[str, Any]]:
    """Rows with a reference and a prediction each."""
    return [
        {"id": number, "question": "Which is it?", "answer": answer, "pred": pred, **more}
        for number, (answer, pred) in enumerate(pairs)
    ]


def test_a_file_without_right_answers_is_refused_for_that(tmp_path: Path) -> None:
    rows = [
        {"question_id": n, "prompt": "Is it wet?", "text": "No", "answer_id": f"zz{n}", "model_id": "m"}
        for n in range(3)
    ]  # fmt: skip
    with pytest.raises(ImportRefused, match="no reference answer and no verdict in the file"):
        one(tmp_path, "answers.jsonl", rows)


def test_a_reference_that_is_itself_a_list_is_one_answer(tmp_path: Path) -> None:
    run = one(tmp_path, "p.jsonl", asked([("[4, 7]", "[4, 7]"), ("[4, 7]", "4")]))
    assert verdicts(run) == [False, True]


def test_a_caption_needs_no_question(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "image": "1.png", "references": ["a cat", "a kitten"], "prediction": "a kitten"},
        {"id": 2, "image": "2.png", "references": ["a cat", "a kitten"], "prediction": "a barn"},
    ]
    run = one(tmp_path, "caption.jsonl", rows)
    assert (counts(run), run.scoring) == ((2, 1, 0), "any_of")


def test_matching_of_picture_and_text_is_scored_by_its_number(tmp_path: Path) -> None:
    rows = [
        {"id": n, "image": f"{n}.png", "caption": "a cat", "score": score, "label": label}
        for n, (score, label) in enumerate([(0.1, 0), (0.7, 0), (0.9, 1), (0.49, 1)])
    ]
    run = one(tmp_path, "itm.jsonl", rows)
    assert verdicts(run) == [False, True, False, True]


@pytest.mark.parametrize(
    "written",
    [
        "C", "C.", "(C)", "The answer is C.", "The correct answer is:\n\nC. boat", "**C**",
        "Answer: **C**", "Hence \\boxed{C}", "<think>A or C?</think><answer>C</answer>",
        "Option A is dry. Option B is far. So the final answer is (C)", "答案是C。", "答案：C",
        "（C）", "C。", "I think it is C", "The correct answer is (C).",
    ],
)  # fmt: skip
def test_a_letter_in_a_sentence_is_that_letter(tmp_path: Path, written: str) -> None:
    run = one(tmp_path, "p.jsonl", asked([("C", written), ("C", "C")]))
    assert (run.scoring, run.errors) == ("choice", 0)


def test_letter_text_and_number_of_an_option_are_one_answer(tmp_path: Path) -> None:
    pairs = [("B", "hen"), ("hen", "B"), (1, "B"), (1, "hen"), (0, "hen")]
    run = one(tmp_path, "p.jsonl", asked(pairs, choices=["cow", "hen"]))
    assert verdicts(run) == [False] * 4 + [True]


def test_empty_answers_are_errors_and_do_not_vanish(tmp_path: Path) -> None:
    pairs = [("blue", ""), ("blue", None), ("blue", "  "), *[("blue", "blue")] * 7]
    run = one(tmp_path, "p.jsonl", asked(pairs))
    assert counts(run) == (10, 3, 0)
    assert run.outcome["read"]["no_answer"] == 3


def test_an_empty_reference_refuses_its_row_with_the_true_reason(tmp_path: Path) -> None:
    rows = asked([("", "blue"), ([], "blue"), ("blue", "blue")])
    with pytest.raises(WordNeeded, match="2 of 3 rows are refused: 1 × row 1, answers: is missing"):
        one(tmp_path, "p.jsonl", rows)


@pytest.mark.parametrize(
    ("answer", "pred", "wrong"),
    [
        ("7", "-7", True), ("c", "C++", True), ("34", "3,4", True), ("!", "?", True),
        ("7", "7.0", False), ("鱼", "鱼。", False), ("isn't", "isn’t", False), ("hen", "ＨＥＮ", False),
        ("hen", "“hen”", False), ("蓝色", "蓝色。", False), ("é", "e\u0301", False),
        ("456", "４５６", False), ("5", "٥", False), ("☀", "☀\ufe0f", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rule", ["exact", "any_of"])
def test_form_is_folded_and_signs_are_kept(
    tmp_path: Path, answer: str, pred: str, wrong: bool, rule: str
) -> None:
    run = one(tmp_path, "p.jsonl", asked([(answer, pred)]), rule=rule)
    assert verdicts(run) == [wrong]


def test_the_judge_of_the_file_is_the_rule(tmp_path: Path) -> None:
    text = (
        "index,question,A,B,answer,prediction,hit\n"
        '1,Which is wet?,sea,sand,A,"Looking at both, the correct answer is: A.",1\n'
        "2,Which is dry?,sea,sand,B,neither,0\n"
        '3,Which is far?,sea,sand,A,"B, as far as I see",1\n'
    )
    run = one(tmp_path, "judged.csv", text)
    assert (run.scoring, verdicts(run)) == ("given", [False, True, False])
    assert run.outcome["judge_agreement"] == pytest.approx(2 / 3)
    (differing,) = [each for each in run.outcome["differing"] if each["rule"] == "choice"]
    assert differing["differs"] == 1


def test_a_joined_column_stays_what_it_was(tmp_path: Path) -> None:
    rows = [
        {"id": n, "category": kind, "question": "q", "answer": "far away", "pred": "near"}
        for kind in "xy"
        for n in range(2)
    ]
    run = one(tmp_path, "coll.jsonl", rows, maps=["sample_id=category+id"])
    assert [(row["sample_id"], row["category"]) for row in samples(run)] == [
        ("x-0", "x"), ("x-1", "x"), ("y-0", "y"), ("y-1", "y"),
    ]  # fmt: skip


def test_columns_that_make_up_a_name_keep_their_fields(tmp_path: Path) -> None:
    text = "Image,Question,Answer,Prediction\n1.png,Wet?,far,far\n2.png,Wet?,far,near\n"
    run = one(tmp_path, "t.csv", text, maps=["sample_id=Image+Question"])
    assert [(row["image"], row["question"]) for row in samples(run)] == [
        ("1.png", "Wet?"), ("2.png", "Wet?"),
    ]  # fmt: skip
    assert run.samples == 2


def test_meta_that_was_written_as_text_is_an_object_again(tmp_path: Path) -> None:
    rows = [{**row, "meta": '{"colour":"blue"}', "note": 1} for row in asked([("far", "far")])]
    run = one(tmp_path, "exp.jsonl", rows)
    assert run.browser.sample(0)["meta"] == '{"colour":"blue","note":1}'


def test_twelve_references_are_taken(tmp_path: Path) -> None:
    run = one(tmp_path, "p.jsonl", asked([([*"abcdefghijkl"], "l"), (["far"] * 12, "far")]))
    assert counts(run) == (2, 0, 0)


def test_synonyms_are_no_votes(tmp_path: Path) -> None:
    pairs = [
        (["sea", "ocean", "water"], "ocean"), (["yes", "yes"], "yes"),
        (["3 June 1970", "June 3, 1970"], "June 3, 1970"), ([str(n) for n in range(11)], "3"),
    ]  # fmt: skip
    run = one(tmp_path, "syn.jsonl", asked(pairs))
    assert (run.scoring, run.errors) == ("any_of", 0)


def test_ten_answers_as_objects_are_votes(tmp_path: Path) -> None:
    votes = [{"answer": "sea" if n < 2 else "lake", "answer_id": n} for n in range(10)]
    rows = [
        {"id": n, "question": "What?", "answers": votes, "prediction": said}
        for n, said in enumerate(["lake", "sea", "hill"])
    ]
    run = one(tmp_path, "votes.jsonl", rows)
    assert run.scoring == "vqa"
    assert [row["credit"] for row in samples(run)] == pytest.approx([1.0, 0.6, 0.0])


def test_digits_are_yes_and_no_where_predictions_say_so(tmp_path: Path) -> None:
    pairs = [("1", "Yes, it is."), ("0", "No, it differs."), ("0", "Yes.")]
    rows = [{"id": n, "question": "q", "gt_answer": a, "pred": p} for n, (a, p) in enumerate(pairs)]
    run = one(tmp_path, "p.jsonl", rows)
    assert (run.scoring, verdicts(run)) == ("yes_no", [False, False, True])


@pytest.mark.parametrize("field", ["question", "pred", "answer", "note"])
def test_half_a_character_is_replaced_and_the_row_is_kept(tmp_path: Path, field: str) -> None:
    rows = asked([("far", "far"), ("far", "far")])
    rows[0][field] = "cut \ud83d"
    run = one(tmp_path, "p.jsonl", rows)
    assert counts(run)[::2] == (2, 0)
    assert "\ud83d" not in str(samples(run))
    assert "cut \ufffd" in str(samples(run)) or field == "note"


def test_wrapped_values_are_refused_for_the_reason_that_is_true(tmp_path: Path) -> None:
    rows = asked([("far", ["near", "far"]), ("far", ["a", "b"])])
    with pytest.raises(ImportRefused, match="row 1, prediction: is a list of 2"):
        one(tmp_path, "p.jsonl", rows)
