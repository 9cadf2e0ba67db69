"""Files of benchmarks and tools as they lie there, several together: joined, named and scored."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.factories import make_project
from tests.triage.imports.bringing import bring, counts, one, samples, verdicts, write
from tests.triage.science.profiles.as_written import columns, llava, matched, once_more, picture
from triage.imports.importing import WordNeeded, import_plan, look

pytestmark = pytest.mark.django_db


# Captions


def coco(texts: dict[int, list[str]]) -> str:
    said = [(name, text) for name, each in texts.items() for text in each]
    return json.dumps({
        "info": {"year": 2026}, "licenses": [],
        "images": [{"id": n, "file_name": f"COCO_val2014_{n:012}.jpg"} for n in texts],
        "annotations": [{"id": 100 + at, "image_id": n, "caption": t} for at, (n, t) in enumerate(said)],
    })  # fmt: skip


@pytest.mark.parametrize("each", [1, 3])
def test_captions_find_all_references_of_their_picture(tmp_path: Path, each: int) -> None:
    texts = {n: [f"hen {n} number {k}" for k in range(each)] for n in (7, 9)}
    results = [{"image_id": 9, "caption": "Hen 9 number 0."}, {"image_id": 7, "caption": "a cow"}]
    files = {"captions_val.json": coco(texts), "results.json": json.dumps(results)}
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring) == ("captions", "any_of" if each > 1 else "exact")
    assert columns(run, "sample_id", "image", "answers", "is_error") == [
        ("9", "COCO_val2014_000000000009.jpg", texts[9], False),
        ("7", "COCO_val2014_000000000007.jpg", texts[7], True),
    ]
    assert matched(run) == [(2, 2, "captions_val.json", "image_id")]


def test_captions_with_scores_are_scored_as_the_file_says(tmp_path: Path) -> None:
    results = [{"image_id": n, "caption": "a hen", "score": s} for n, s in ((7, 0.9), (9, 0.2))]
    files = {
        "results.json": json.dumps(results),
        "captions.json": coco({7: ["x", "y"], 9: ["z", "w"]}),
    }
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring, verdicts(run)) == ("captions", "given", [False, True])


def test_captions_that_are_nearly_all_errors_are_asked_about(tmp_path: Path) -> None:
    results = [{"image_id": n, "caption": "a cow"} for n in range(30)]
    files = {
        "results.json": json.dumps(results),
        "captions.json": coco({n: ["a hen", "hens"] for n in range(30)}),
    }
    with pytest.raises(WordNeeded, match="30 of 30 samples would be errors"):
        bring(tmp_path / "asked", files)
    run = once_more(tmp_path / "told", files, leave=frozenset({"doubtful"}))
    assert counts(run) == (30, 30, 0)


@pytest.mark.parametrize("of_coco", [True, False])
def test_a_karpathy_split_holds_the_references(tmp_path: Path, of_coco: bool) -> None:
    images = [
        {"filename": f"{n}.jpg", "imgid": n, "split": split, "sentids": [1, 2],
         "sentences": [{"raw": f"A hen {n}.", "tokens": ["a", "hen"], "imgid": n, "sentid": k} for k in range(2)],
         **({"filepath": "val2014", "cocoid": 390 + n} if of_coco else {})}
        for n, split in enumerate(("restval", "test"))
    ]  # fmt: skip
    results = [{"image_id": (390 if of_coco else 0) + n, "caption": "a hen 1"} for n in range(2)]
    files = {
        "dataset.json": json.dumps({"images": images, "dataset": "coco"}),
        "captions_model.json": json.dumps(results),
    }
    (run,) = bring(tmp_path, files)
    assert run.profile == "captions"
    place = "val2014/" if of_coco else ""
    assert columns(run, "image", "split", "is_error") == [
        (f"{place}0.jpg", "train", True), (f"{place}1.jpg", "test", False),
    ]  # fmt: skip


def test_captions_of_several_models_are_a_run_each(tmp_path: Path) -> None:
    results = {
        f"model_{m}.json": json.dumps([{"image_id": n, "caption": "a hen"} for n in (7, 9)])
        for m in "ab"
    }
    runs = bring(
        tmp_path, {**results, "captions.json": coco({7: ["a hen", "hens"], 9: ["a cow", "cows"]})}
    )
    assert [(run.model, run.errors) for run in runs] == [("model_a", 1), ("model_b", 1)]


def test_scores_of_matching_find_their_captions(tmp_path: Path) -> None:
    said = [{"id": n, "image_id": 7, "caption": f"hen {n}", "label": n % 2} for n in range(2)]
    scores = [{"id": n, "score": 0.75} for n in range(2)]
    (run,) = bring(tmp_path, {"captions.jsonl": said, "scores.jsonl": scores})
    assert (run.profile, run.scoring) == ("image_text_matching", "yes_no")
    assert columns(run, "question", "is_error") == [("hen 0", True), ("hen 1", False)]


# Yes and no


def pope(kind: str, count: int = 4) -> list[dict[str, Any]]:
    return [
        {"question_id": n, "image": f"COCO_val2014_{n // 2:012}.jpg", "text": f"Is there a {w} in the image?",
         "label": label, **({"category": kind} if not kind.isupper() else {})}
        for n, (w, label) in enumerate([("hen", "yes"), ("cow", "no")] * (count // 2))
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["adversarial", "popular", "random"])
def test_pope_takes_its_kind_from_the_name_of_the_gold(tmp_path: Path, kind: str) -> None:
    gold = pope("NONE")
    lines = "".join(json.dumps(each) + "\n" for each in gold)
    (run,) = bring(tmp_path, {"llava.jsonl": llava(gold), f"coco_pope_{kind}.json": lines})
    assert (run.profile, run.scoring, run.model) == ("pope", "yes_no", "llava-v1.5-13b")
    assert verdicts(run) == [False, True] * 2
    assert {row["category"] for row in samples(run)} == {kind}
    assert samples(run)[2]["image"] == "COCO_val2014_000000000001.jpg"


def test_pope_of_three_kinds_with_answers_in_three_files(tmp_path: Path) -> None:
    files: dict[str, Any] = {}
    for kind in ("adversarial", "popular", "random"):
        files[f"answers/coco_pope_{kind}.jsonl"] = llava(pope("NONE"))
        files[f"gold/coco_pope_{kind}.json"] = "".join(json.dumps(e) + "\n" for e in pope("NONE"))
    write(tmp_path / "all", files)
    project = make_project()
    plans = look([(tmp_path / "all", "all")], tmp_path / "unpacked")
    runs = [import_plan(project, plan, name="", source_name="all") for plan in plans]
    assert [(run.profile, samples(run)[0]["category"]) for run in runs] == [
        ("pope", "adversarial"), ("pope", "popular"), ("pope", "random"),
    ]  # fmt: skip
    assert all(verdicts(run) == [False, True] * 2 for run in runs)


def test_pope_with_plain_answers(tmp_path: Path) -> None:
    gold = pope("random")
    said = [{"question_id": each["question_id"], "answer": "No, there is none."} for each in gold]
    (run,) = bring(tmp_path, {"pope_gold.jsonl": gold, "pope_answers.jsonl": said})
    assert (run.profile, verdicts(run)) == ("pope", [True, False] * 2)
    assert samples(run)[0]["question"] == "Is there a hen in the image?"


MME = "{0}1.jpg\tIs it {0}? Please answer yes or no.\tYes\tYes\n{0}1.jpg\tIs it not {0}? Please answer yes or no.\tNo\tYes\n"


def test_the_tasks_of_mme_lie_in_a_file_each(tmp_path: Path) -> None:
    run = one(tmp_path / "one", "count.txt", MME.format("two"))
    assert columns(run, "question_type", "is_error") == [("count", False), ("count", True)]
    write(
        tmp_path / "all",
        {f"{task}.txt": MME.format(task) for task in ("count", "existence", "OCR")},
    )
    (plan,) = look([(tmp_path / "all", "all")], tmp_path / "unpacked")
    whole = import_plan(make_project("Other"), plan, name="", source_name="all")
    assert (whole.profile, counts(whole)) == ("mme", (6, 3, 0))
    assert {row["question_type"] for row in samples(whole)} == {"count", "existence", "OCR"}


# GQA


def gqa(n: int) -> dict[str, Any]:
    return {
        "semantic": [{"operation": "select", "dependencies": [], "argument": "wall (722332)"}],
        "entailed": [], "equivalent": [f"0733340{n}"], "question": "What is on the white wall?",
        "imageId": f"23754{n}", "isBalanced": True, "groups": {"global": "", "local": "14-wall_on,s"},
        "answer": "pipe", "semanticStr": "select: wall (722332)",
        "annotations": {"answer": {"0": "722335"}, "question": {"4:6": "722332"}, "fullAnswer": {}},
        "types": {"detailed": "relS", "semantic": "rel", "structural": "query"},
        "fullAnswer": "The pipe is on the wall.",
    }  # fmt: skip


def graph() -> dict[str, Any]:
    boxes = {"722332": (-2, 0, 400, 300), "722335": (220, 310, 50, 80)}
    boxes |= {f"80000{n}": (n, n, 5, 5) for n in range(1, 9)}
    objects = {
        name: {"name": "wall", "x": x, "y": y, "w": w, "h": h, "attributes": [], "relations": [{"name": "on", "object": "1"}]}
        for name, (x, y, w, h) in boxes.items()
    }  # fmt: skip
    return {"width": 640, "height": 480, "location": "room", "objects": objects}


@pytest.mark.parametrize("by_llava", [False, True])
def test_gqa_with_a_scene_graph_has_the_boxes_of_what_is_asked(
    tmp_path: Path, by_llava: bool
) -> None:
    questions = {f"0733340{n}": gqa(n) for n in range(3)}
    said = [
        {"questionId": key, "prediction": p}
        for key, p in zip(questions, ("pipe", "clock", "pipe"), strict=True)
    ]
    results: Any = json.dumps(said)
    if by_llava:
        asked = [
            {"question_id": each["questionId"], "text": "What is on the white wall?"}
            for each in said
        ]
        results = [
            {**row, "text": each["prediction"]}
            for row, each in zip(llava(asked), said, strict=True)
        ]
    files = {
        "testdev_balanced_questions.json": json.dumps(questions),
        "val_sceneGraphs.json": json.dumps({f"23754{n}": graph() for n in range(3)}),
        "testdev_predictions.json": results,
    }
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring, verdicts(run)) == ("gqa", "exact", [False, True, False])
    first = samples(run)[0]
    assert first["sample_id"] == "07333400"
    assert (first["image"], first["template"]) == ("237540", "relS")
    assert sorted(first["boxes"]) == [[0.0, 0.0, 398.0, 300.0], [220.0, 310.0, 270.0, 390.0]]


# Exports


def rated(by: Any, choice: str, **more: Any) -> dict[str, Any]:
    result = [
        {
            "id": "r",
            "type": "choices",
            "from_name": "choice",
            "to_name": "image",
            "value": {"choices": [choice]},
        }
    ]
    return {"id": 1001, "completed_by": by, "result": result, "was_cancelled": False, **more}


def test_label_studio_keeps_what_every_annotator_chose(tmp_path: Path) -> None:
    annotations = [
        rated(1, "match"),
        rated({"id": 2, "email": "b@x"}, "mismatch"),
        rated(3, "match", was_cancelled=True),
    ]
    tasks = [
        {"id": n, "data": {"image": f"/data/{n}.png", "text": "What is it?", "answer": "sea", "prediction": said},
         "annotations": annotations, "predictions": [], "project": 83}
        for n, said in enumerate(["sea", "hill"])
    ]  # fmt: skip
    run = one(tmp_path, "export.json", json.dumps(tasks))
    assert (run.profile, run.scoring, verdicts(run)) == ("label_studio", "exact", [False, True])
    meta = json.loads(samples(run)[0]["meta"])
    assert meta["choices of annotators"] == [
        {"annotator": 1, "choice": "match"}, {"annotator": "b@x", "choice": "mismatch"},
    ]  # fmt: skip
    assert len(meta["annotations"]) == 3


def test_label_studio_predictions_are_held_against_most_annotators(tmp_path: Path) -> None:
    tasks = [
        {"id": n, "data": {"image": f"/data/{n}.png", "text": f"a hen {n}"},
         "annotations": [rated(by, each) for by, each in enumerate(["match", "mismatch", "match"])],
         "predictions": [{"model_version": "m1", "score": 0.7, "result": rated(0, said)["result"]}]}
        for n, said in enumerate(["match", "mismatch"])
    ]  # fmt: skip
    run = one(tmp_path, "export.json", json.dumps(tasks))
    assert columns(run, "question", "answers", "prediction", "is_error") == [
        ("a hen 0", ["match"], "match", False), ("a hen 1", ["match"], "mismatch", True),
    ]  # fmt: skip


def test_a_folder_of_fiftyone_with_boxes_and_pictures(tmp_path: Path) -> None:
    detection = {"_cls": "Detection", "label": "hen", "bounding_box": [0.25, 0.25, 0.5, 0.25]}
    made = [
        {"_id": {"$oid": f"a{n}"}, "filepath": f"data/{n}.png", "tags": ["test"], "metadata": None, "question": "What is it?",
         "ground_truth": {"_id": {"$oid": "g"}, "_cls": "Classification", "label": "triangle"},
         "prediction": {"_cls": "Classification", "label": said, "confidence": 0.75},
         "objects": {"_cls": "Detections", "detections": [detection]},
         "predictions": {"_cls": "Detections", "detections": [{**detection, "confidence": 0.5}]}}
        for n, said in enumerate(["triangle", "circle"])
    ]  # fmt: skip
    files: dict[str, Any] = {
        "set/samples.json": json.dumps({"samples": made}),
        "set/metadata.json": "{}",
    }
    files |= {f"set/data/{n}.png": picture() for n in range(2)}
    write(tmp_path, files)
    (plan,) = look([(tmp_path / "set", "set")], tmp_path / "unpacked")
    run = import_plan(make_project("Other"), plan, name="", source_name="set")
    assert (run.profile, run.scoring, verdicts(run)) == ("fiftyone", "exact", [False, True])
    assert run.outcome["images"]["found"] == 2
    assert columns(run, "sample_id", "boxes", "predicted_box")[0] == (
        "a0", [[0.25, 0.25, 0.75, 0.5]], [0.25, 0.25, 0.75, 0.5],
    )  # fmt: skip


@pytest.mark.parametrize("numbered", [True, False])
def test_labels_of_a_fiftyone_classification_set_are_right_answers(
    tmp_path: Path, numbered: bool
) -> None:
    labels = {f"00000{n}": n % 2 if numbered else ["cat", "dog"][n % 2] for n in range(6)}
    said = json.dumps(dict.fromkeys(labels, "cat"))
    files: dict[str, Any] = {
        "set/labels.json": json.dumps({"classes": ["cat", "dog"], "labels": labels}),
        "set/predictions.json": said,
    }
    files |= {f"set/data/{key}.png": picture() for key in labels}
    write(tmp_path, files)
    (plan,) = look([(tmp_path / "set", "set")], tmp_path / "unpacked")
    run = import_plan(make_project("Other"), plan, name="", source_name="set")
    assert (counts(run), run.outcome["images"]["found"]) == ((6, 3, 0), 6)
    assert columns(run, "image", "answers")[1] == ("data/000001.png", ["dog"])


# Groups


def test_circular_questions_are_right_when_all_of_their_turns_are(tmp_path: Path) -> None:
    # Turned questions lie behind all others, further down than a first look sees.
    numbers = [n + turn * 1_000_000 for turn in range(2) for n in range(1, 3001)]
    wrong = {7, 1_000_007, 1_000_009}
    lines = [
        f"{n},Which?,{'AB'[n > 3000]},sea,lake,{'B' if (n in wrong) == (n < 3001) else 'A'}\n"
        for n in numbers
    ]
    content = "index,question,answer,A,B,prediction\n" + "".join(lines)
    run = one(tmp_path, "m_MMBench_DEV_EN.csv", content)
    assert (run.profile, run.scoring, counts(run)) == ("vlmevalkit", "choice", (6000, 3, 0))
    assert (run.outcome["groups"], run.outcome["groups_right"]) == (3000, 2998)
    assert {row["group"] for row in samples(run) if row["is_error"]} == {"7", "9"}


def test_turned_questions_are_found_at_the_end_of_a_workbook(tmp_path: Path) -> None:
    numbers = [n + turn * 1_000_000 for turn in range(2) for n in range(1, 1501)]
    row = {"question": "Which?", "answer": "A", "A": "sea", "B": "lake"}
    book = io.BytesIO()
    rows = [{"index": n, **row, "prediction": "B" if n == 1_000_007 else "A"} for n in numbers]
    pd.DataFrame(rows).to_excel(book, index=False)
    run = one(tmp_path, "mine.xlsx", book.getvalue())
    assert (run.outcome["groups"], run.outcome["groups_right"]) == (1500, 1499)
