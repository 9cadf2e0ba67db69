"""Every profile on a small file as its tool writes it: recognised, read, and scored as it says."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.triage.imports.bringing import Content, bring, counts, samples, verdicts
from triage.science.profiles import benchmarks, tools
from triage.science.profiles.registry import BY_NAME, recognise, seen_of
from triage.science.record.values import credit

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Expected:
    """One file of a tool, and what is to come of it: the verdict on each row, and some fields."""

    profile: str
    name: str
    content: Content
    wrong: Sequence[bool]
    rule: str
    first: dict[str, Any] = field(default_factory=dict)


def inspected(n: int, said: str, verdict: str) -> dict[str, Any]:
    parts = [{"type": "text", "text": "How many hens?"}, {"type": "image", "image": f"{n}.png"}]
    return {
        "id": n,
        "epoch": 1,
        "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}],
        "target": "2",
        "output": {"completion": said},
        "scores": {"match": {"value": verdict, "answer": said}},
    }


FILES = [
    Expected(
        "lmms_eval", "20260901_101010_samples_mme.jsonl",
        [
            {"doc_id": n, "target": "Yes", "filtered_resps": said, "doc_hash": "00", "token_counts": [None],
             "input_media": [f"set/{n}.png"], "input": "Is it wet?\nAnswer with yes or no.",
             "mme_score": {"question_id": str(n), "category": "set", "score": score}}
            for n, (said, score) in enumerate([("Yes", 1.0), ("No", 0.0)])
        ],
        [False, True], "given", {"image": "set/0.png", "prediction": "Yes"},
    ),
    Expected(
        "lmms_eval", "older_samples_ai2d.jsonl",
        [
            {"doc_id": n, "target": "B", "filtered_resps": [said], "doc_hash": "00", "exact_match": score,
             "input": "What is it?\nA. sea\nB. lake\nAnswer with the letter."}
            for n, (said, score) in enumerate([("B", 1.0), ("A", 0.0), ("lake", 0.0)])
        ],
        [False, True, True], "given", {"options": ["sea", "lake"], "right_option": 1},
    ),
    Expected(
        "lmms_eval", "oldest_samples_vqa.jsonl",
        [
            {"doc_id": n, "doc": {"question": "What is it?", "image_id": 7}, "target": "sea", "doc_hash": "00",
             "arguments": [["What is it?", {}]], "resps": [["sea"]], "filtered_resps": ["sea"], "acc": 1}
            for n in range(2)
        ],
        [False, False], "given", {"question": "What is it?", "image": "7"},
    ),
    Expected(
        "vlmevalkit", "m_SET_openai_result.csv",
        '"index","question","answer","A","B","C","category","l2-category","split","prediction","hit","log"\n'
        '"241","Which?","B","sea","lake","","kind","wide","dev","B. lake","1","ok"\n'
        '"1000241","Which?","A","lake","sea","","kind","wide","dev","B","0","no"\n'
        '"242","Which?","A","sea","lake","","kind","wide","dev","A","1","ok"\n',
        [False, True, False], "given",
        {"options": ["sea", "lake"], "group": "241", "split": "val", "category": "kind"},
    ),
    Expected(
        "vlmevalkit", "m_POPE_auxmatch.csv",
        "index,question,answer,image_path,prediction,extracted,score\n"
        "0,Is it wet?,Yes,/home/x/1.png,\"Yes, it is.\",Yes,True\n"
        "1,Is it dry?,No,/home/x/1.png,Yes,Yes,False\n",
        [False, True], "given", {"prediction": "Yes, it is."},
    ),
    Expected(
        "llava_answers", "joined_answers.jsonl",
        [
            {"question_id": 7, "prompt": ask, "text": said, "answer_id": "q", "model_id": "m", "label": gold}
            for ask, said, gold in [("Is it wet?", "Yes", "yes"), ("Is it dry?", "Yes", "no")]
        ],
        [False, True], "yes_no", {"sample_id": "7-Is it wet?", "model": "m"},
    ),
    Expected(
        "inspect", "log.json",
        json.dumps({"version": 2, "eval": {"model": "m/one", "task": "count"},
                    "samples": [inspected(1, "2", "C"), inspected(2, "3", "I")]}),
        [False, True], "given", {"question": "How many hens?", "image": "1.png", "model": "m/one"},
    ),
    Expected(
        "promptfoo", "promptfoo.json",
        json.dumps({"evalId": "e", "results": {"version": 3, "results": [
            {"success": ok, "score": int(ok), "response": {"output": said}, "provider": {"id": "m"},
             "vars": {"question": f"What is it {said}?", "answer": "sea", "image": "1.png"}}
            for ok, said in [(True, "sea"), (False, "hill")]
        ]}}),
        [False, True], "given", {"image": "1.png", "model": "m", "sample_id": "1"},
    ),
    Expected(
        "helm", "display_predictions.json",
        json.dumps([
            {"instance_id": f"id{n}", "train_trial_index": 0, "predicted_text": said,
             "instance": {"input": {"text": "What is it?"}, "references": [{"output": {"text": "sea"}}]},
             "stats": {"exact_match": score, "quasi_exact_match": score}}
            for n, (said, score) in enumerate([("sea", 1.0), ("hill", 0.0)])
        ]),
        [False, True], "given", {"question": "What is it?", "answers": ["sea"]},
    ),
    Expected(
        "label_studio", "tasks.json",
        json.dumps([
            {"id": n, "data": {"image": f"/data/{n}.png", "text": "What is it?", "answer": "sea", "prediction": said},
             "annotations": [{"id": n, "result": [], "completed_by": 10}], "project": 83}
            for n, said in enumerate(["sea", "hill"])
        ]),
        [False, True], "exact", {"question": "What is it?", "image": "data/0.png"},
    ),
    Expected(
        "fiftyone", "samples.json",
        json.dumps({"samples": [
            {"_id": {"$oid": f"a{n}"}, "filepath": f"data/{n}.png", "question": "What is it?",
             "ground_truth": {"_cls": "Classification", "label": "sea"},
             "prediction": {"_cls": "Classification", "label": said, "confidence": 0.75}}
            for n, said in enumerate(["sea", "hill"])
        ]}),
        [False, True], "exact", {"sample_id": "a0", "confidence": 0.75, "image": "data/0.png"},
    ),
    Expected(
        "openai_batch", "batch_output.jsonl",
        [
            {"id": f"batch_{n}", "custom_id": f"q{n}", "error": None, "question": "What is it?", "answer": "sea",
             "response": {"status_code": 200, "body": {"model": "m-1", "choices": [{"message": {"role": "assistant", "content": said}}]}}}
            for n, said in enumerate(["sea", "hill"])
        ],
        [False, True], "exact", {"sample_id": "q0", "prediction": "sea", "model": "m-1"},
    ),
    Expected(
        "opencompass", "predictions.json",
        json.dumps({str(n): {"origin_prompt": [{"role": "HUMAN", "prompt": "What is it?"}], "prediction": said, "gold": "sea"}
                    for n, said in enumerate(["sea", "hill"])}),
        [False, True], "exact", {"question": "What is it?", "sample_id": "0"},
    ),
    Expected(
        "mathvista", "output_m.json",
        json.dumps({str(n): {"pid": str(n), "question": "How far?", "image": f"images/{n}.jpg", "choices": None,
                             "answer": "4", "response": f"It is {said}.", "extraction": said, "prediction": said,
                             "true_false": said == "4", "metadata": {"task": "figure QA", "grade": "high school"}}
                    for n, said in enumerate(["4", "5"], start=1)}),
        [False, True], "given", {"sample_id": "1", "question_type": "figure QA", "difficulty": "high school"},
    ),
    Expected(
        "blink", "m.json",
        json.dumps({"val": [
            {"idx": f"val_Visual_Match_{n}", "answer": "(A)", "full_prediction": full, "prediction": short}
            for n, (full, short) in enumerate([("The answer is (A) the first.", "(A)"), ("(B)", "(B)")])
        ]}),
        [False, True], "choice", {"category": "Visual_Match", "prediction": "The answer is (A) the first."},
    ),
    Expected(
        "mme", "existence.txt",
        "1.jpg\tIs it wet? Please answer yes or no.\tYes\tYes\n1.jpg\tIs it dry? Please answer yes or no.\tNo\tYes\n",
        [False, True], "yes_no", {"sample_id": "1.jpg-Is it wet? Please answer yes or no.", "image": "1.jpg"},
    ),
    Expected(
        "vcr", "val_predictions.jsonl",
        [
            {"annot_id": f"val-{n}", "img_fn": "a@0.jpg", "question_orig": "Is 1 wet?", "answer_label": 1,
             "answer_choices": [["Yes", "."], ["No", "."], ["It", "is", [0]], ["Far"]],
             "answer_0": first, "answer_1": 0.5, "answer_2": 0.25, "answer_3": 0.0}
            for n, first in enumerate([0.25, 0.75])
        ],
        [False, True], "choice", {"options": ["Yes .", "No .", "It is [0]", "Far"], "confidence": 0.5},
    ),
    Expected(
        "image_text_matching", "itm.jsonl",
        [{"image": "1.png", "caption": "a hen", "score": s, "label": y} for s, y in [(0.9, True), (0.8, False)]],
        [False, True], "yes_no", {"question": "a hen", "prediction": "yes", "confidence": 0.9},
    ),
    Expected(
        "puzzlevqa", "size_grid.jsonl",
        [
            {"image": f"{n}.png", "question": "Which size is missing?", "answer": "small", "options": ["small", "large"],
             "caption": "a grid", "raw_output": said, "pred": "?"}
            for n, said in enumerate(["It follows that (A) small is right.", "large"])
        ],
        [False, True], "choice", {"category": "a grid", "right_option": 0},
    ),
    Expected(
        "gqa", "joined.json",
        json.dumps({f"0733340{n}": {"question": "What is on the wall?", "imageId": "23", "answer": "pipe", "prediction": said,
                                    "types": {"detailed": "relS", "semantic": "rel", "structural": "query"}}
                    for n, said in enumerate(["pipe", "clock"])}),
        [False, True], "exact", {"sample_id": "07333400", "question_type": "query", "category": "rel"},
    ),
    Expected(
        "vqa", "joined.json",
        json.dumps([
            {"question_id": n, "image_id": 9, "question": "What?", "question_type": "what", "answer_type": "other",
             "answers": [{"answer": "sea", "answer_id": k} for k in range(10)], "prediction": said}
            for n, said in enumerate(["Sea.", "hill"])
        ]),
        [False, True], "vqa", {"answers": ["sea"] * 10, "category": "other"},
    ),
    Expected(
        "hallusionbench", "HallusionBench_result.json",
        json.dumps([
            {"category": "VD", "subcategory": "chart", "set_id": "0", "figure_id": "1", "question_id": str(n),
             "visual_input": "1", "question": "Is it wet?", "gt_answer": "1", "filename": "./c/0_1.png",
             "model_prediction": said}
            for n, said in enumerate(["Yes, it is.", "No."])
        ]),
        [False, True], "yes_no", {"sample_id": "VD-chart-0-1-0", "category": "chart", "image": "c/0_1.png"},
    ),
    Expected(
        "conversations", "eval.json",
        json.dumps([
            {"id": f"c{n}", "image": "1.jpg", "model_answer": said,
             "conversations": [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "sea"}]}
            for n, said in enumerate(["sea", "hill"])
        ]),
        [False, True], "exact", {"question": "What is it?", "answers": ["sea"]},
    ),
]  # fmt: skip


@pytest.mark.parametrize("expected", FILES, ids=lambda each: f"{each.profile}-{each.name}")
def test_a_file_of_a_tool_is_read_as_the_tool_means_it(tmp_path: Path, expected: Expected) -> None:
    (run,) = bring(tmp_path, {expected.name: expected.content})

    assert (run.profile, run.scoring) == (expected.profile, expected.rule)
    assert counts(run) == (len(expected.wrong), sum(expected.wrong), 0)
    assert verdicts(run) == list(expected.wrong)
    found = samples(run)[0]
    assert {name: found[name] for name in expected.first} == expected.first


def test_every_profile_of_tools_and_benchmarks_has_a_file_here() -> None:
    known = {each.name for each in (*tools.PROFILES, *benchmarks.PROFILES)}
    assert known <= {each.profile for each in FILES} <= set(BY_NAME)


def test_columns_alone_do_where_no_profile_fits() -> None:
    rows = [
        {"id": 1, "question": "q", "answer": "a", "output": "b", "split": "holdout", "score": 7}
    ]
    profile, reading = recognise(seen_of("x", list(rows[0]), rows))
    assert profile is None
    # Neither is 'holdout' a split nor 7 a verdict.
    assert set(reading.fields) == {"sample_id", "question", "answers", "prediction"}


def test_a_score_is_a_verdict_only_where_its_values_are_one() -> None:
    rows = [{"prediction": "a", "answer": "a", "score": score} for score in ("C", "I", "C")]
    assert recognise(seen_of("x", list(rows[0]), rows))[1].fields["correct"] == ("score",)
    rows = [{"prediction": "a", "answer": "a", "score": score} for score in (0, 41, 70)]
    assert "correct" not in recognise(seen_of("x", list(rows[0]), rows))[1].fields


@pytest.mark.parametrize(
    ("said", "taken"),
    [(True, 1.0), ("no", 0.0), ("P", 0.5), ({"score": 0.3}, 0.3), ("incorrect", 0.0), ("1", 1.0)],
)
def test_a_verdict_is_read_in_words_and_numbers(said: Any, taken: float) -> None:
    assert credit(said) == taken
