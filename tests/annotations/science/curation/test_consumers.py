"""The folders opened by the programs they are made for, each where it is installed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from annotations.science.curation.curation import decide, decided_schema
from annotations.science.curation.export_files import write_export
from annotations.science.curation.pictures import Pictures
from tests.annotations.science.curation.made_rows import (
    FILES,
    ROWS,
    export_made,
    made_table,
    read_made,
)

KEPT = ["1", "2", "3.b", "4", "5"]
# What other people's packages warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What loads a folder as `datasets.load_dataset` does, never from outside."""
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    return lambda folder: datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))


@pytest.mark.parametrize("file_format", ["jsonl", "parquet", "csv", "csv-bom"])
def test_datasets_loads_each_kept_sample_once(load, tmp_path: Path, file_format: str) -> None:
    found = load(export_made(tmp_path / "out", file_format).folder)
    assert list(found) == ["train"]
    rows = list(found["train"])
    assert [str(row["sample_id"]) for row in rows] == KEPT
    assert [row["answer"] for row in rows] == ["two", "dog", "yes", "here", None]
    assert [row["corrected"] for row in rows] == [False, False, True, False, False]
    assert [row["weight"] for row in rows] == [1.0, 0.5, 1.0, 1.0, 1.0]
    meta = rows[0]["meta"]
    assert (meta if file_format == "jsonl" else json.loads(meta)) == ROWS[0]["meta"]


def test_datasets_shows_the_pictures_of_a_parquet(load, tmp_path: Path) -> None:
    rows = list(load(export_made(tmp_path / "out", "parquet").folder)["train"])
    assert [row["image"] and row["image"].size for row in rows] == [
        (8, 6), (8, 6), (16, 9), None, None,
    ]  # fmt: skip
    assert [each.size for each in rows[2]["images"]] == [(16, 9), (8, 6)]


@pytest.mark.parametrize("file_format", ["jsonl", "parquet", "csv"])
def test_datasets_takes_columns_that_begin_empty(load, tmp_path: Path, file_format: str) -> None:
    """More rows than any loader looks at first, and only the last says something."""
    many = 30_000
    blank = {"sample_id": "", "image": None, "question": "?" * 400, "answers": None}
    rows = [{**blank, "sample_id": f"n{n}", "prediction": "7"} for n in range(many)]
    last = {"context": "night", "options": ["a", "b"], "meta": {"new": {"key": [1]}}}
    rows[-1] |= {"answers": ["x"], "confidence": 0.5, **last}
    table = made_table(rows)
    done = write_export(
        tmp_path / "out", [decide(table, {})], decided_schema(table.schema), file_format, {}
    )
    found = load(done.folder)["train"]
    assert found.num_rows == many
    assert found[many - 1]["context"] == "night"
    assert found[many - 1]["answer"] == "x"


def test_datasets_reads_conversations_and_shards(load, tmp_path: Path) -> None:
    talks = load(export_made(tmp_path / "talks", "llava").folder)["train"]
    assert list(talks["id"]) == KEPT[:4]
    shards = load(export_made(tmp_path / "shards", "webdataset").folder)["train"]
    assert [each["json"]["sample_id"] for each in shards] == KEPT
    assert shards[0]["json"]["meta"] == ROWS[0]["meta"]
    assert [each["png"] and each["png"].size for each in shards] == [(8, 6), (8, 6), *[None] * 3]
    assert shards[2]["jpg"].size == (16, 9)


def test_webdataset_streams_the_shards(tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    folder = export_made(tmp_path / "out", "webdataset").folder
    shard = str(folder / "train-000000.tar")
    found = list(webdataset.WebDataset(shard, shardshuffle=False).decode("pil"))
    assert [each["json"]["sample_id"] for each in found] == KEPT
    assert found[2]["jpg"].size == (16, 9)
    assert found[2]["1.png"].size == (8, 6)


def test_pycocotools_indexes_the_captions(tmp_path: Path, capsys: Any) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    folder = export_made(tmp_path / "out", "coco").folder
    found = coco.COCO(str(folder / "captions.json"))
    image = next(each for each in found.imgs.values() if each["file_name"].endswith("bird.jpg"))
    assert [each["caption"] for each in found.imgToAnns[image["id"]]] == ["yes"]
    results = [{"image_id": image["id"], "caption": "no"}]
    assert len(found.loadRes(results).anns) == 1
    capsys.readouterr()


def test_fiftyone_imports_every_sample(tmp_path: Path) -> None:
    importers = pytest.importorskip("fiftyone.utils.data.importers")
    folder = export_made(tmp_path / "out", "fiftyone").folder
    importer = importers._handle_legacy_formats(importers.FiftyOneDatasetImporter(str(folder)))
    importer.setup()
    found = list(importer)
    assert [each["source_id"] for each in found] == KEPT[:4]
    assert Path(found[0].filepath).read_bytes() == FILES["猫/cat one.png"]
    assert found[2].ground_truth.label == "yes"
    assert found[0].prediction.confidence == 0.25


def test_nothing_but_the_training_file_is_a_table_to_arrow_and_pandas(tmp_path: Path) -> None:
    import pandas as pd

    folder = export_made(tmp_path / "out", "csv-bom", pictures=Pictures(read_made)).folder
    table = pd.read_csv(folder / "train.csv")
    assert next(iter(table.columns)) == "sample_id"
    assert len(table) == len(KEPT)
