"""Questions, right answers and predictions of benchmarks, as they are handed out and left."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.triage.imports.bringing import bring, counts, one, samples, verdicts
from tests.triage.science.profiles.as_written import columns, llava, matched, once_more, picture

pytestmark = pytest.mark.django_db


# Multiple choice


def test_mmmu_has_several_pictures_and_options_as_text(tmp_path: Path) -> None:
    rows = [
        {"id": f"validation_Art_{n}", "question": "<image 1> and <image 2>?", "options": "['sea', 'lake']",
         "answer": "B", "image_1": {"bytes": picture(), "path": "a.png"}, "image_2": {"bytes": picture(), "path": "b.png"} if n else None,
         "question_type": "multiple-choice", "subfield": "Drawing", "topic_difficulty": "Easy", "response": said}
        for n, said in enumerate(["The answer is (B).", "A"])
    ]  # fmt: skip
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), data)
    run = one(tmp_path, "validation.parquet", data.getvalue())
    assert (run.profile, run.scoring, verdicts(run)) == ("mmmu", "choice", [False, True])
    assert samples(run)[0]["image"].endswith(".png")
    assert len(samples(run)[1]["images"]) == 2
    assert columns(run, "options", "category", "difficulty")[0] == (
        ["sea", "lake"],
        "Drawing",
        "Easy",
    )


def test_mmmu_answers_keyed_by_id_with_its_answer_dict(tmp_path: Path) -> None:
    said = {f"validation_Art_{n}": "A" for n in range(6)}
    gold = {
        key: {"question_type": "multiple-choice", "ground_truth": "AB"[n % 2]}
        for n, key in enumerate(said)
    }
    files = {"output.json": json.dumps(said), "answer_dict_val.json": json.dumps(gold)}
    (run,) = bring(tmp_path, files)
    assert (counts(run), run.scoring) == ((6, 3, 0), "choice")


@pytest.mark.parametrize("by_llava", [False, True])
def test_seed_bench_questions_with_results(tmp_path: Path, by_llava: bool) -> None:
    questions = [
        {"question_id": f"10166{n}_0", "question": "Where is it?", "choice_a": "left", "choice_b": "right", "choice_c": "up",
         "choice_d": "down", "answer": "B", "data_id": f"{n}_15", "data_type": "image", "question_type_id": 1}
        for n in range(2)
    ]  # fmt: skip
    gold = json.dumps(
        {"questions": questions, "question_type": {"Scene Understanding": 1, "Action": 2}}
    )
    results: Any = [{"question_id": f"10166{n}_0", "prediction": "BA"[n]} for n in range(2)]
    if by_llava:
        asked = [
            {"question_id": each["question_id"], "text": "Where is it?\nA. left"}
            for each in questions
        ]
        results = [{**each, "text": "BA"[n]} for n, each in enumerate(llava(asked))]
    (run,) = bring(tmp_path, {"results.jsonl": results, "SEED-Bench.json": gold})
    assert (run.profile, run.scoring, verdicts(run)) == ("seed_bench", "choice", [False, True])
    assert columns(run, "options", "image", "question_type")[0] == (
        ["left", "right", "up", "down"],
        "0_15",
        "1",
    )


def problems(count: int = 5) -> dict[str, Any]:
    return {
        str(n): {"question": f"Which is {n}?", "choices": ["sea", "lake"], "answer": n % 2, "hint": "", "image": "image.png",
                 "task": "closed choice", "grade": "grade2", "subject": "natural science", "topic": "earth", "category": "Water",
                 "skill": "Compare", "lecture": "…", "solution": "…", "split": "test"}
        for n in range(1, count + 1)
    }  # fmt: skip


def test_scienceqa_problems_with_the_results_of_a_tool(tmp_path: Path) -> None:
    results = {str(n): 1 for n in range(1, 6)} | {"5": -1}
    document = {
        "acc": 40.0,
        "correct": 2,
        "count": 5,
        "results": results,
        "outputs": {key: f"The answer is B ({key})." for key in results},
    }
    files = {
        "problems.json": json.dumps(problems()),
        "test_llava_result.json": json.dumps(document),
    }
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring) == ("scienceqa", "given")
    assert verdicts(run) == [False, True, False, True, True]
    first = samples(run)[0]
    assert (first["image"], first["options"], first["right_option"]) == (
        "test/1/image.png",
        ["sea", "lake"],
        1,
    )


def test_scienceqa_problems_with_answers_of_llava(tmp_path: Path) -> None:
    asked = [
        {"question_id": key, "text": each["question"] + "\nA. sea\nB. lake"}
        for key, each in problems().items()
    ]
    files = {"problems.json": json.dumps(problems()), "answers.jsonl": llava(asked, "B")}
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring, verdicts(run)) == (
        "scienceqa",
        "choice",
        [False, True, False, True, False],
    )


def test_what_was_right_and_what_was_wrong_in_two_lists_is_one_run(tmp_path: Path) -> None:
    def listed(*numbers: int) -> list[dict[str, Any]]:
        return [
            {
                "question_id": str(n),
                "parsed_ans": "A",
                "ground_truth": "B",
                "question": f"Which {n}?",
                "pred": "A",
            }
            for n in numbers
        ]

    run = one(
        tmp_path,
        "test_output.json",
        json.dumps({"correct": listed(1, 2, 3), "incorrect": listed(4)}),
    )
    assert (run.scoring, verdicts(run)) == ("given", [False, False, False, True])


def a_okvqa(n: int) -> dict[str, Any]:
    return {
        "split": "val", "image_id": 461751 + n, "question_id": f"22jbM6gDx{n}", "question": "What is it?",
        "choices": ["hen", "cow", "dog", "cat"], "correct_choice_idx": 1, "difficult_direct_answer": False,
        "direct_answers": ["cow"] * 6 + ["calf"] * 2 + ["ox", "hen"], "rationales": ["…"] * 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "rule", "wrong"),
    [(("cow", "hen"), "choice", [False, True]), (("calf", "a bird"), "vqa", [False, True])],
)
def test_a_okvqa_is_read_by_its_choices_or_by_its_votes(
    tmp_path: Path, said: tuple[str, ...], rule: str, wrong: list[bool]
) -> None:
    results = [{"question_id": f"22jbM6gDx{n}", "prediction": each} for n, each in enumerate(said)]
    files = {
        "aokvqa_v1p0_val.json": json.dumps([a_okvqa(n) for n in range(2)]),
        "predictions.json": json.dumps(results),
    }
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring, verdicts(run)) == ("a_okvqa", rule, wrong)
    assert (samples(run)[0]["options"] is None) == (rule == "vqa")


def test_a_okvqa_predictions_of_both_settings(tmp_path: Path) -> None:
    results = {
        f"22jbM6gDx{n}": {"multiple_choice": each, "direct_answer": "calf"}
        for n, each in enumerate(["cow", "hen"])
    }
    files = {
        "aokvqa_v1p0_val.json": json.dumps([a_okvqa(n) for n in range(2)]),
        "predictions.json": json.dumps(results),
    }
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring, verdicts(run)) == ("a_okvqa", "choice", [False, True])


# Votes, documents, charts


def test_hallusionbench_with_its_gold_apart_and_with_a_checker(tmp_path: Path) -> None:
    gold = [
        {"category": "VD", "subcategory": "chart", "set_id": "0", "figure_id": str(f), "question_id": "0", "visual_input": "1",
         "sample_note": "x", "question": "Is it wet?", "gt_answer": gold, "filename": f"./c/{f}.png", "gt_answer_details": "…"}
        for f, gold in enumerate("10")
    ]  # fmt: skip
    plain = [{**each, "model_prediction": "Yes, it is."} for each in gold]
    (run,) = bring(tmp_path / "plain", {"HallusionBench_result.json": json.dumps(plain)})
    assert (run.profile, run.scoring, verdicts(run)) == ("hallusionbench", "yes_no", [False, True])
    # One question of two figures: right only where both are.
    assert (run.outcome["groups"], run.outcome["groups_right"]) == (1, 0)
    checked = [
        {**each, "gpt4v_output_gpt_check": mark} for each, mark in zip(plain, "12", strict=True)
    ]
    run = once_more(tmp_path / "checked", {"HallusionBench_result.json": json.dumps(checked)})
    assert (run.scoring, verdicts(run)) == ("given", [False, True])


@pytest.mark.parametrize(
    ("marks", "wrong"),
    [
        ([{"tuple": [9.0, 8.0]}, {"tuple": [9.0, 3.0]}], [False, True]),
        ([{"score": 8}, {"score": 3}], [False, True]),
    ],
)
def test_llava_bench_answers_with_marks(
    tmp_path: Path, marks: list[dict[str, Any]], wrong: list[bool]
) -> None:
    rows = [
        {"question_id": n, "answer": f"It is a hen {n}.", "category": "conv", **each}
        for n, each in enumerate(marks)
    ]
    run = one(tmp_path, "llava_bench.jsonl", rows)
    assert (run.profile, run.scoring, verdicts(run)) == ("llava_bench", "given", wrong)


def test_llava_bench_answers_and_reviews_in_files_of_their_own(tmp_path: Path) -> None:
    asked = [
        {"question_id": n, "image": "001.jpg", "category": "conv", "text": f"What is {n}?"}
        for n in range(2)
    ]
    reviews = [
        {"review_id": f"r{n}", "question_id": n, "answer1_id": 0, "answer2_id": 1, "reviewer_id": 1, "metadata": {},
         "content": "8 2\nThe first …", "tuple": [8.0, mark], "category": "conv"}
        for n, mark in enumerate([8.0, 2.0])
    ]  # fmt: skip
    (run,) = bring(
        tmp_path,
        {
            "questions.jsonl": asked,
            "answers.jsonl": llava(asked, "A hen."),
            "reviews.jsonl": reviews,
        },
    )
    assert (run.profile, run.scoring, verdicts(run)) == ("llava_bench", "given", [False, True])
    assert (samples(run)[0]["image"], samples(run)[0]["credit"]) == ("001.jpg", 1.0)


def test_ocrbench_counts_an_answer_that_lies_within(tmp_path: Path) -> None:
    rows = [
        {"dataset_name": "IIIT5K", "type": "Regular Text Recognition", "id": n, "image_path": f"{n}.png",
         "question": "what is written in the image?", "answers": ["CENTRE"], "predict": said, **more}
        for n, (said, more) in enumerate([("The word is \"Centre\".", {}), ("center", {}), ("center", {"result": 1})])
    ]  # fmt: skip
    run = one(tmp_path, "OCRBench.json", json.dumps(rows))
    assert (run.profile, run.scoring, verdicts(run)) == ("ocrbench", "given", [False, True, False])


def test_docvqa_is_scored_by_the_share_of_letters(tmp_path: Path) -> None:
    data = [
        {"questionId": n, "question": "What is the date?", "image": f"documents/{n}.png", "docId": n, "ucsf_document_id": "x",
         "answers": ["1/8/93", "1 / 8 / 93"], "data_split": "val"}
        for n in range(2)
    ]  # fmt: skip
    gold = json.dumps({"dataset_name": "docvqa", "dataset_version": "1.0", "data": data})
    results = json.dumps(
        [{"questionId": n, "answer": said} for n, said in enumerate(["1/8/98", "none at all"])]
    )
    (run,) = bring(tmp_path / "joined", {"val_v1.0.json": gold, "results.json": results})
    assert (run.profile, run.scoring, verdicts(run)) == ("docvqa", "anls", [False, True])
    assert columns(run, "split", "image")[0] == ("val", "documents/0.png")
    rows = json.dumps(
        [{"questionId": 1, "question": "What?", "answer": "1/8/98", "annotation": ["1/8/93"]}]
    )
    alone = once_more(tmp_path / "alone", {"docvqa_val.json": rows})
    assert (alone.profile, alone.scoring, alone.errors) == ("docvqa", "anls", 0)


def test_chartqa_takes_numbers_within_five_per_cent(tmp_path: Path) -> None:
    rows = [
        {"imgname": f"{n}.png", "query": f"How many {n}?", "label": "100", "prediction": said}
        for n, said in enumerate(["104", "120"])
    ]
    run = one(tmp_path, "test_human.json", json.dumps(rows))
    assert (run.profile, run.scoring, verdicts(run)) == ("chartqa", "relaxed", [False, True])
    rows = [
        {"question_id": n, "question": "How many?", "answer": each, "annotation": "100"}
        for n, each in enumerate(["104", "120"])
    ]
    run = once_more(tmp_path, {"chartqa_test_human.json": json.dumps(rows)})
    assert (run.profile, run.scoring, verdicts(run)) == ("chartqa", "relaxed", [False, True])


def test_textvqa_answers_of_llava_go_by_picture_and_question(tmp_path: Path) -> None:
    data = [
        {"question": f"what is number {k}?", "image_id": f"003a8ae2ef43b90{n}", "image_classes": ["Hen"], "image_width": 9,
         "flickr_original_url": "", "question_id": 34602 + 2 * n + k, "answers": ["nous"] * 7 + ["nous les"] * 3, "set_name": "val"}
        for n in range(2) for k in range(2)
    ]  # fmt: skip
    gold = json.dumps(
        {"dataset_type": "val", "dataset_name": "textvqa", "dataset_version": "0.5.1", "data": data}
    )
    asked = [
        {"question_id": each["image_id"], "text": each["question"] + "\nReference OCR token: NOUS"}
        for each in data
    ]
    answers = [
        {**each, "text": said}
        for each, said in zip(llava(asked), ("Nous", "les", "nous", "nous"), strict=True)
    ]
    (run,) = bring(tmp_path, {"llava-v1.5-13b.jsonl": answers, "TextVQA_0.5.1_val.json": gold})
    assert (run.scoring, run.model, verdicts(run)) == (
        "vqa",
        "llava-v1.5-13b",
        [False, True, False, False],
    )
    key = "question_id + prompt = image_id + question"
    assert matched(run) == [(4, 4, "TextVQA_0.5.1_val.json", key)]
    assert columns(run, "image", "answers")[0] == ("003a8ae2ef43b900", data[0]["answers"])
