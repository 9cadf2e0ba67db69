"""Names of pictures: every way of finding a file, and none where several may be meant."""

import unicodedata
from pathlib import Path

import pytest

from tests.triage.science.store.test_pictures import png
from triage.science.store.image_index import ImageIndex, Matches, common_prefix, index_folder

NFD = unicodedata.normalize("NFD", "é.png")
INDEX = ImageIndex(
    [
        "a.png", "sub/b.PNG", NFD, "val2014/COCO_val2014_000000000042.jpg", "x/same.png",
        "y/same.png", "one/deep/c.jpg", "twin.jpg", "twin.png", "dotted.name.webp",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "path", "how"),
    [
        ("a.png", "a.png", "exact"),
        ("./a.png", "a.png", "form"),
        ("/A.PNG", "a.png", "form"),
        ("sub\\b.png", "sub/b.PNG", "form"),
        ("é.png", NFD, "form"),
        ("/home/ann/sub/b.png", "sub/b.PNG", "path"),
        ("b.png", "sub/b.PNG", "path"),
        ("elsewhere/x/same.png", "x/same.png", "path"),
        ("https://example.org/deep/c.jpg?", None, "address"),
        ("https://example.org/deep/c.jpg", "one/deep/c.jpg", "path"),
        ("c", "one/deep/c.jpg", "stem"),
        ("c.webp", "one/deep/c.jpg", "stem"),
        ("dotted.name", "dotted.name.webp", "stem"),
        ("42", "val2014/COCO_val2014_000000000042.jpg", "number"),
        ("train_0042.png", "val2014/COCO_val2014_000000000042.jpg", "number"),
        ("same.png", None, "several"),
        ("twin", None, "several"),
        ("twin.png", "twin.png", "exact"),
        ("nowhere.png", None, "missing"),
        ("", None, "missing"),
        ("../../etc/passwd", None, "missing"),
    ],
)
def test_a_name_is_found_in_its_way(name: str, path: str | None, how: str) -> None:
    found = INDEX.find(name)
    assert (found.path, found.how) == (path, how)


def test_only_pictures_inside_a_folder_are_indexed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    for folder in (outside, inside / "sub"):
        folder.mkdir(parents=True)
        (folder / "a.png").write_bytes(png())
    (inside / "notes.txt").write_text("x")
    (inside / "link").symlink_to(outside)
    index = index_folder(inside)
    assert (len(index), index.find("a.png").path) == (1, "sub/a.png")


def test_matches_are_counted_and_examples_are_kept() -> None:
    matches = Matches()
    for name in ["a.png", "a.png", "/old/b.png", "w.png", "v.png", "u.png", "t.png", "same.png"]:
        matches.add(name, INDEX.find(name))
    told = matches.to_dict()
    assert (told["named"], told["found"], told["guessed"], told["missing"]) == (8, 3, 1, 5)
    assert told["how"] == {"exact": 2, "missing": 4, "path": 1, "several": 1}
    assert told["missing_examples"] == ["w.png", "v.png", "u.png"]
    assert told["guessed_examples"] == {"/old/b.png": "sub/b.PNG"}


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (["/a/b/1.png", "/a/c/2.png"], "/a/"),
        (["C:\\d\\1.png", "C:\\d\\2.png"], "C:/d/"),
        (["d/1.png", "2.png"], ""),
        (["x/d/1.png", "y/d/2.png"], ""),
        (["1.png"], ""),
        ([], ""),
    ],
)
def test_the_folder_that_all_names_begin_with(names: list[str], prefix: str) -> None:
    assert common_prefix(names) == prefix
