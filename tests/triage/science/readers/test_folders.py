"""Data sets that are folders or archives: Hugging Face's, WebDataset's, pictures with texts."""

import io
import json
import tarfile
from pathlib import Path

import datasets
import pytest

from tests.triage.science.store.test_pictures import png
from triage.science.readers import UnreadableFile, open_reader
from triage.science.readers.folders import (
    is_saved_dataset,
    open_saved_dataset,
    pictures_with_texts,
)

COLUMNS = {"id": [1, 2], "question": ["q", "q"], "prediction": ["a", "b"]}


def test_a_saved_data_set_is_read_with_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(png())
    made = datasets.Dataset.from_dict({**COLUMNS, "image": [str(tmp_path / "1.png")] * 2})
    made.cast_column("image", datasets.Image()).save_to_disk(tmp_path / "set")

    assert is_saved_dataset(tmp_path / "set")
    rows = open_saved_dataset(tmp_path / "set", "set").preview()

    assert [row["prediction"] for row in rows] == ["a", "b"]
    assert set(rows[0]["image"]) == {"bytes", "path"}


def test_the_splits_of_a_saved_data_set_are_a_column(tmp_path: Path) -> None:
    made = datasets.Dataset.from_dict(COLUMNS)
    datasets.DatasetDict({"train": made, "test": made}).save_to_disk(tmp_path / "set")
    rows = open_saved_dataset(tmp_path / "set", "set").preview()
    assert [row["split"] for row in rows] == ["train", "train", "test", "test"]


def test_a_damaged_data_set_is_refused(tmp_path: Path) -> None:
    datasets.Dataset.from_dict(COLUMNS).save_to_disk(tmp_path / "set")
    (path,) = (tmp_path / "set").glob("*.arrow")
    path.write_bytes(b"nothing")
    with pytest.raises(UnreadableFile, match="set: damaged data"):
        open_saved_dataset(tmp_path / "set", "set")


def shard(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as sink:
        for name, data in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            sink.addfile(about, io.BytesIO(data))
    return path


def test_members_of_a_shard_go_together_by_the_first_dot(tmp_path: Path) -> None:
    told = json.dumps({"prediction": "a", "answer": "b"}).encode()
    path = shard(
        tmp_path / "0001.tar",
        {
            "000/42.jpg": png(),
            "000/42.txt": b"a hen",
            "000/42.json": told,
            "000/43.seg.png": png(),
            "000/43.cls": b"3",
            "000/44.JSON": b"{broken",
        },
    )
    reader = open_reader(path)
    assert str(reader.description) == "WebDataset shard"
    first, second, third = reader.preview()
    assert (first["__key__"], first["txt"], first["prediction"]) == ("000/42", "a hen", "a")
    assert first["image"] == {"bytes": png(), "path": "42.jpg"}
    assert second == {"__key__": "000/43", "cls": "3"}
    assert third == {"__key__": "000/44"}


def test_a_shard_that_is_cut_off_or_empty_is_refused(tmp_path: Path) -> None:
    whole = shard(tmp_path / "a.tar", {"1.png": png(400, 400), "1.txt": b"x" * 5_000})
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:4_000])
    with pytest.raises(UnreadableFile, match="not a whole tar archive"):
        open_reader(cut)
    with pytest.raises(UnreadableFile, match="holds no samples"):
        open_reader(shard(tmp_path / "none.tar", {"folder/file": b"x"}))


def test_texts_beside_pictures_are_their_captions(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("b.png", "in/a.png", "alone.png"):
        (tmp_path / name).write_bytes(png())
    (tmp_path / "b.txt").write_text(" a hen \n")
    (tmp_path / "in/a.txt").write_text("a cow")
    assert pictures_with_texts(tmp_path) == [
        {"image": "b.png", "caption": "a hen"},
        {"image": "in/a.png", "caption": "a cow"},
    ]
