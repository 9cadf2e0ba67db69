"""Every format holds what is trained on, once, with its pictures and in its own shape."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from annotations.science.curation.formats import FORMATS
from annotations.science.curation.formats import webdataset as webdataset_format
from annotations.science.curation.formats.vqa import answer_type, own_id, voted
from annotations.science.curation.pictures import Pictures
from tests.annotations.science.curation.made_rows import FILES, ROWS, export_made, picture

CAT = "images/猫/cat one.png"


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("file_format", FORMATS)
def test_pictures_go_along_and_missing_ones_are_counted(tmp_path: Path, file_format: str) -> None:
    done = export_made(tmp_path / "out", file_format)
    assert done.manifest["pictures"] == {
        "written": 2,
        "missing": 1,
        "refused": 0,
        "left_out": 0,
        "not_written": ["gone.png"],
    }
    assert (done.counts.kept, done.counts.corrected, done.counts.dropped) == (4, 1, 1)


@pytest.mark.parametrize("file_format", ["jsonl", "csv", "llava", "vqa", "coco", "labelstudio"])
def test_copied_pictures_keep_their_own_names(tmp_path: Path, file_format: str) -> None:
    folder = export_made(tmp_path / "out", file_format).folder
    assert (folder / CAT).read_bytes() == FILES["猫/cat one.png"]
    assert (folder / "images" / "bird.jpg").read_bytes() == FILES["bird.jpg"]
    assert not (folder / "images" / "gone.png").exists()


def test_a_column_of_pictures_holds_paths_from_the_folder(tmp_path: Path) -> None:
    rows = lines_of(export_made(tmp_path / "out", "jsonl").folder / "train.jsonl")
    assert [row["image"] for row in rows] == [CAT, CAT, "images/bird.jpg", "gone.png", None]
    assert rows[2]["images"] == ["images/bird.jpg", CAT]
    assert [row["meta"] for row in rows][:2] == [ROWS[0]["meta"], ROWS[1]["meta"]]


def test_pictures_can_be_left_out(tmp_path: Path) -> None:
    pictures = Pictures(wanted=False)
    done = export_made(tmp_path / "out", "jsonl", pictures=pictures)
    assert done.manifest["pictures"]["left_out"] == 3
    assert lines_of(done.folder / "train.jsonl")[0]["image"] == "猫/cat one.png"
    assert not (done.folder / "images").exists()


def test_nothing_is_copied_from_or_to_outside(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "/abs/x.png", "page.html", "images/x.png", "X.png", "x.png"]
    rows = [{**ROWS[0], "sample_id": name, "image": name} for name in names]
    had = {name: picture(colour=f"#0000{n:02x}") for n, name in enumerate(names)}
    had["page.html"] = FILES["page.html"]
    done = export_made(tmp_path / "out", "jsonl", rows=rows, pictures=Pictures(had.__getitem__))
    found = [row["image"] for row in lines_of(done.folder / "train.jsonl")]
    assert found == [
        "images/etc/passwd", "images/abs/x.png", "page.html", "images/x.png", "images/X-2.png",
        "images/x-3.png",
    ]  # fmt: skip
    assert done.manifest["pictures"]["refused"] == 1
    for name, path in zip(names, found, strict=True):
        if name != "page.html":
            assert (done.folder / path).read_bytes() == had[name]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_parquet_holds_pictures_as_hugging_face_keeps_them(tmp_path: Path) -> None:
    table = pq.read_table(export_made(tmp_path / "out", "parquet").folder / "train.parquet")
    rows = table.to_pylist()
    assert rows[0]["image"] == {"bytes": FILES["猫/cat one.png"], "path": "猫/cat one.png"}
    assert rows[3]["image"] is None
    assert rows[3]["image_name"] == "gone.png"
    assert [each["path"] for each in rows[2]["images"]] == ["bird.jpg", "猫/cat one.png"]
    assert json.loads(rows[0]["meta"]) == ROWS[0]["meta"]
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["images"] == {"_type": "Sequence", "feature": {"_type": "Image"}}
    assert set(features) == set(table.column_names)


def test_parquet_keeps_names_where_no_picture_is_there(tmp_path: Path) -> None:
    done = export_made(tmp_path / "out", "parquet", pictures=Pictures(there=False))
    table = pq.read_table(done.folder / "train.parquet")
    assert table["image"].to_pylist()[3] == "gone.png"
    assert "image_name" not in table.column_names
    assert done.manifest["pictures"]["missing"] == 3


def test_llava_conversations_ask_about_the_picture_and_answer(tmp_path: Path) -> None:
    done = export_made(tmp_path / "out", "llava")
    talks = loaded(done.folder / "train.json")
    assert [each["id"] for each in talks] == ["1", "2", "3.b", "4"]
    assert talks[0] == {
        "id": "1",
        "image": CAT,
        "conversations": [
            {"from": "human", "value": "<image>\nHow many cats?"},
            {"from": "gpt", "value": "two"},
        ],
        "weight": 1.0,
        "corrected": False,
    }
    assert talks[1]["conversations"][0]["value"] == "<image>\nWhat is it?\nA. cat\nB. dog"
    assert talks[2]["image"] == ["images/bird.jpg", CAT]
    assert talks[2]["conversations"] == [
        {"from": "human", "value": "<image>\n<image>\nIs it a bird?"},
        {"from": "gpt", "value": "yes"},
    ]
    assert done.manifest["left_out"] == {"without an answer to train on": 1}


def test_a_question_that_places_its_picture_itself_is_left_as_it_is(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "question": "How many?\n<image>"}]
    done = export_made(tmp_path / "out", "llava", rows=rows)
    (talk,) = loaded(done.folder / "train.json")
    assert talk["conversations"][0]["value"] == "How many?\n<image>"


def test_vqa_has_its_questions_and_annotations(tmp_path: Path) -> None:
    folder = export_made(tmp_path / "out", "vqa").folder
    questions, annotations = loaded(folder / "questions.json"), loaded(folder / "annotations.json")
    assert set(questions) == {
        "info", "license", "data_type", "data_subtype", "task_type", "questions",
    }  # fmt: skip
    assert questions["questions"][0] == {
        "image_id": 1, "question_id": 1, "question": "How many cats?", "image": CAT,
    }  # fmt: skip
    assert [each["question_id"] for each in annotations["annotations"]] == [1, 2, "3.b", 4]
    first, votes, corrected, _last = annotations["annotations"]
    assert first["question_type"] == "counting"
    assert first["image_id"] == votes["image_id"]
    assert [each["answer"] for each in first["answers"]] == ["two"] * 10
    assert [each["answer_id"] for each in votes["answers"]] == [1, 2, 3]
    assert votes["multiple_choice_answer"] == "dog"
    assert (corrected["multiple_choice_answer"], corrected["answer_type"]) == ("yes", "yes/no")


def test_a_right_answer_has_full_credit_by_the_official_rule() -> None:
    for answers in (["a"], ["a", "b"], ["a", "b", "c", "d", "e"]):
        people = voted(answers)
        for answer in answers:
            others = [people[:n] + people[n + 1 :] for n in range(len(people))]
            credit = sum(min(1, each.count(answer) / 3) for each in others) / len(others)
            assert credit == 1
    assert voted(["a", "a", "b"]) == ["a", "a", "b"]


def test_answers_are_sorted_and_numbers_are_ids() -> None:
    assert [answer_type(each) for each in ("Yes.", "no", "3", "2.5", "", "cat")] == [
        "yes/no", "yes/no", "number", "number", "other", "other",
    ]  # fmt: skip
    assert [own_id(each) for each in ("7", "07", "7 ", "٧", str(2**60))] == [
        7, "07", "7 ", "٧", str(2**60),
    ]  # fmt: skip


def test_coco_has_images_with_their_sizes_and_a_caption_an_answer(tmp_path: Path) -> None:
    whole = loaded(export_made(tmp_path / "out", "coco").folder / "captions.json")
    assert whole["images"] == [
        {"id": 1, "file_name": CAT, "width": 8, "height": 6},
        {"id": 2, "file_name": "images/bird.jpg", "width": 16, "height": 9},
        {"id": 3, "file_name": "gone.png"},
    ]
    captions = [(each["image_id"], each["caption"]) for each in whole["annotations"]]
    assert captions == [(1, "two"), (1, "dog"), (1, "cat"), (2, "yes"), (3, "here")]
    assert len({each["id"] for each in whole["annotations"]}) == 5


def test_label_studio_gets_tasks_with_the_models_answer(tmp_path: Path) -> None:
    folder = export_made(tmp_path / "out", "labelstudio").folder
    tasks = loaded(folder / "tasks.json")
    assert [each["data"]["sample_id"] for each in tasks] == ["1", "2", "3.b", "4", "5"]
    assert tasks[0]["data"]["image"] == ("/data/local-files/?d=images/%E7%8C%AB/cat%20one.png")
    prediction = tasks[0]["predictions"][0]
    assert (prediction["model_version"], prediction["score"]) == ("Cats & <birds>", 0.25)
    (region,) = prediction["result"]
    assert region["value"] == {"text": ["three"]}
    assert tasks[3]["data"]["image"] == "gone.png"
    assert tasks[4]["data"]["image"] == ""
    config = ElementTree.parse(folder / "label_config.xml").getroot()
    names = {each.get("name"): each.tag for each in config}
    assert names[region["from_name"]] == "TextArea"
    assert names[region["to_name"]] == "Text"
    for each in config:
        if value := each.get("value"):
            assert all(value[1:] in task["data"] for task in tasks)


def test_fiftyone_gets_samples_with_labels(tmp_path: Path) -> None:
    done = export_made(tmp_path / "out", "fiftyone")
    samples = loaded(done.folder / "samples.json")["samples"]
    assert samples[0]["filepath"] == "data/猫/cat one.png"
    assert (done.folder / "data" / "bird.jpg").is_file()
    assert samples[0]["ground_truth"] == {"_cls": "Classification", "tags": [], "label": "two"}
    assert samples[0]["prediction"]["confidence"] == 0.25
    assert samples[2]["tags"] == ["corrected"]
    assert "version" not in loaded(done.folder / "metadata.json")
    assert done.manifest["left_out"] == {"without a picture": 1}


def test_webdataset_keeps_a_sample_together_under_a_key_without_dots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdataset_format, "SAMPLES_A_SHARD", 2)
    folder = export_made(tmp_path / "out", "webdataset").folder
    shards = sorted(path.name for path in folder.glob("*.tar"))
    assert shards == ["train-000000.tar", "train-000001.tar", "train-000002.tar"]
    names, rows = [], []
    for shard in shards:
        with tarfile.open(folder / shard) as opened:
            for member in opened:
                names.append(member.name)
                data = opened.extractfile(member).read()  # type: ignore[union-attr]
                if member.name.endswith(".json"):
                    rows.append(json.loads(data))
                else:
                    assert Image.open(io.BytesIO(data)).size in ((8, 6), (16, 9))
    assert names == [
        "000000000.png", "000000000.json", "000000001.png", "000000001.json",
        "000000002.jpg", "000000002.1.png", "000000002.json", "000000003.json", "000000004.json",
    ]  # fmt: skip
    assert [row["sample_id"] for row in rows] == ["1", "2", "3.b", "4", "5"]
    assert rows[0]["meta"] == ROWS[0]["meta"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_card_names_the_training_file_and_can_be_read(tmp_path: Path, file_format: str) -> None:
    folder = export_made(tmp_path / "out", file_format).folder
    card = (folder / "README.md").read_text(encoding="utf-8")
    if not FORMATS[file_format].loads:
        assert card.startswith("# Cats & &lt;birds>")
        return
    head = yaml.safe_load(card.split("---\n")[1])
    (files,) = head["configs"][0]["data_files"]
    assert files["split"] == "train"
    assert list(folder.glob(files["path"]))
    for name in ("__record/manifest.json", "__record/weights"):
        assert name in card


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_set_of_which_nothing_is_left_is_written_too(tmp_path: Path, file_format: str) -> None:
    rows = [{**ROWS[5]}]
    done = export_made(tmp_path / "out", file_format, rows=rows)
    assert (done.counts.kept, done.counts.dropped) == (0, 1)
    for path in done.folder.glob("*.json"):
        loaded(path)
