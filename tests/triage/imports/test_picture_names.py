"""Names of pictures as files have them: looked up, never opened; bytes and base64 are decoded."""

import base64
import io
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.triage.imports.bringing import counts, one, samples
from tests.triage.science.store.test_pictures import png
from triage.imports.importing import ImportRefused, WordNeeded
from triage.science.store.pictures import decode

pytestmark = pytest.mark.django_db


def rows_of(*images: Any, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": str(n), "image": image, "question": "q", "answer": "far", "pred": "far", **more}
        for n, image in enumerate(images)
    ]


def pictures(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())
    return folder


def test_slashes_and_unicode_forms_of_names_do_not_matter(tmp_path: Path) -> None:
    composed = unicodedata.normalize("NFC", "ö.png")
    folder = pictures(tmp_path / "imgs", "sub/a.png", unicodedata.normalize("NFD", composed))
    run = one(tmp_path, "p.jsonl", rows_of("sub\\a.png", composed, "SUB/A.PNG"), images=folder)
    assert run.outcome["images"]["how"] == {"form": 3}
    assert run.images_missing == 0


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("/home/ann/d/1.png", "/home/ann/d/"),
        ("C:\\d\\1.png", "C:/d/"),
        ("file:///d/1.png", "file:///d/"),
        ("https://example.org/1.png", "https://example.org/"),
        ({"path": "/home/ann/d/1.png", "bytes": None}, "/home/ann/d/"),
        (["/home/ann/d/1.png"], "/home/ann/d/"),
    ],
)
def test_paths_of_another_machine_are_missing_and_tell_what_to_cut(
    tmp_path: Path, name: Any, prefix: str
) -> None:
    run = one(tmp_path, "p.jsonl", rows_of(name, name))
    assert (counts(run), run.images_missing) == ((2, 0, 0), 2)
    assert run.outcome["images"]["common_prefix"] == prefix
    assert all(not row["image"].startswith("/") for row in samples(run))


@pytest.mark.parametrize("name", ["/home/ann/d/1.png", "C:\\d\\1.png", "https://example.org/1.png"])
def test_paths_of_another_machine_are_found_by_their_ends(tmp_path: Path, name: str) -> None:
    folder = pictures(tmp_path / "imgs", "1.png")
    run = one(tmp_path, "p.jsonl", rows_of(name), images=folder)
    assert run.outcome["images"]["guessed_examples"] == {name: "1.png"}
    assert (run.images_missing, samples(run)[0]["image"]) == (0, "1.png")


def test_no_name_reaches_out_of_its_folder(tmp_path: Path) -> None:
    pictures(tmp_path, "secret.png")
    folder = pictures(tmp_path / "imgs", "1.png")
    names = ["../secret.png", str(tmp_path / "secret.png"), "a/../../secret.png"]
    run = one(tmp_path, "p.jsonl", rows_of(*names), images=folder)
    assert run.images_missing == 3
    assert all(".." not in row["image"] and row["image"][0] != "/" for row in samples(run))


def test_text_in_place_of_bytes_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "here.png").write_bytes(png())
    rows = rows_of({"bytes": str(tmp_path / "here.png"), "path": None})
    with pytest.raises(ImportRefused, match=r"row 1, image: (is neither|is cut|the file is not)"):
        one(tmp_path, "p.jsonl", rows)


def test_names_objects_lists_and_numbers_may_stand_in_one_column(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "imgs", "up.png", "17.png")
    given = [{"path": "up.png"}, "up.png", ["up.png"], "['up.png']", 17, ["up.png", "17.png"]]
    run = one(tmp_path, "p.jsonl", rows_of(*given), images=folder)
    assert (run.refused, run.images_missing) == (0, 0)
    assert [row["image"] for row in samples(run)] == [*["up.png"] * 4, "17.png", "up.png"]


def test_a_row_may_have_several_pictures(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "imgs", "a.png", "b.png")
    run = one(tmp_path, "p.jsonl", rows_of(["a.png"], ["a.png", "b.png", "c.png"]), images=folder)
    assert [row["images"] for row in samples(run)] == [None, ["a.png", "b.png", "c.png"]]
    images = run.outcome["images"]
    assert (images["named"], images["found"], images["missing"]) == (4, 3, 1)


def test_missing_pictures_are_counted_among_samples_only(tmp_path: Path) -> None:
    rows = [{**row, "id": "same"} for row in rows_of("0.png", "1.png", "2.png")]
    leave = frozenset({"refused"})
    run = one(tmp_path, "p.jsonl", rows, maps=["sample_id=id"], leave=leave)
    assert (counts(run), run.images_missing) == ((1, 0, 2), 1)


@pytest.mark.parametrize("start", ["", "data:image/png;base64,"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_base64_of_a_picture_becomes_a_file(tmp_path: Path, start: str, wrapped: bool) -> None:
    large = Image.effect_noise((60, 50), 90)
    sink = io.BytesIO()
    large.save(sink, "PNG")
    text = start + base64.b64encode(sink.getvalue()).decode()
    run = one(tmp_path, "p.jsonl", rows_of({"bytes": text, "path": "x.png"} if wrapped else text))
    with run.folder.root.fs.open(run.folder.path("images", samples(run)[0]["image"])) as stream:
        assert Image.open(io.BytesIO(stream.read())).size == (60, 50)


@pytest.mark.parametrize("text", ["A" * 5_000, "data:image/png;base64," + "A" * 800, "x y!" * 400])
def test_long_text_that_is_no_picture_refuses_its_row(tmp_path: Path, text: str) -> None:
    with pytest.raises(ImportRefused, match="row 1, image: "):
        one(tmp_path, "p.jsonl", rows_of(text), images=pictures(tmp_path / "imgs", "1.png"))


def test_a_name_that_no_file_can_have_is_missing(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "imgs", "1.png")
    run = one(tmp_path, "p.jsonl", rows_of("x" * 300 + ".png"), images=folder)
    assert (counts(run), run.images_missing) == ((1, 0, 0), 1)


def test_the_top_folder_of_a_zip_need_not_be_named(tmp_path: Path) -> None:
    archive = tmp_path / "top.zip"
    with zipfile.ZipFile(archive, "w") as sink:
        sink.writestr("photos/1.png", png())
    run = one(tmp_path, "p.jsonl", rows_of("1.png"), images=archive)
    assert (run.images_missing, samples(run)[0]["image"]) == (0, "photos/1.png")


def test_boxes_are_held_against_the_upright_picture(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (80, 40)).save(tmp_path / "turned.jpg", exif=turned)
    upright, stored = rows_of("turned.jpg", "turned.jpg")
    upright["boxes"], stored["boxes"] = [[5, 45, 35, 75]], [[45, 5, 75, 35]]
    with pytest.raises(WordNeeded, match=r"row 2, boxes: .* outside the image of 40 × 80 pixels"):
        one(tmp_path, "p.jsonl", [upright, stored], images=tmp_path)


def test_a_picture_without_its_last_bytes_is_shown(tmp_path: Path) -> None:
    sink = io.BytesIO()
    Image.effect_noise((200, 100), 90).convert("RGB").save(sink, "JPEG")
    assert decode(sink.getvalue()[:-2], 160).size == (160, 80)


@pytest.mark.parametrize("highest", [65_535, 4_095])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, highest: int) -> None:
    wide = Image.new("I;16", (256, 1))
    for x in range(256):
        wide.putpixel((x, 0), x * highest // 255)
    sink = io.BytesIO()
    wide.save(sink, "PNG")
    assert len(np.unique(np.asarray(decode(sink.getvalue(), 1280).convert("L")))) > 200
