"""A run's files as what experiments read: nothing guessed, nothing dependent on its parts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diagnostics.science.experiments.design.outcomes import TrainingRefused
from diagnostics.science.experiments.material.columns import RunSource
from diagnostics.science.experiments.material.gathering import (
    BOTH,
    NEW,
    NO_IMAGE,
    gather_material,
    outline_material,
)
from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS
from triage.science.store.store import DataRoot, RunFolder

SIDE = 64


def draw_pictures(folder: Path, count: int) -> None:
    """A blue square in another cell of each picture, and one picture of one colour."""
    folder.mkdir()
    for number in range(count):
        pixels = np.full((SIDE, SIDE, 3), 230, dtype=np.uint8)
        row, column = divmod(number % 16, 4)
        pixels[row * 16 + 4 : row * 16 + 12, column * 16 + 4 : column * 16 + 12] = (30, 60, 200)
        Image.fromarray(pixels).save(folder / f"p{number}.png")
    Image.new("RGB", (SIDE, SIDE), (128, 128, 128)).save(folder / "blank.png")


def rows_of(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "sample_id": f"s{number}",
            "question": "Where is the square?" if number % 2 else "Which shape is blue?",
            "answers": ["square"],
            "prediction": "square",
            "split": ("train", "train", "test")[number % 3],
            "question_type": ("attribute", "position")[number % 2],
            **more,
        }
        for number in range(count)
    ]


def source_of(
    tmp_path: Path, rows: Sequence[Mapping[str, Any]], name: str = "run", pictures: str = ""
) -> RunSource:
    """A run that went through the real import, its pictures read from a folder."""
    file = tmp_path / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder = RunFolder(DataRoot(str(tmp_path / "data")), f"runs/{name}")
    reader = open_reader(file)
    mapping = propose(reader.columns(), [field.name for field in FIELDS])
    images = tmp_path / pictures if pictures else None
    ingest(reader, file, folder, mapping=mapping, rule="exact", image_root=images)

    def load(path: str) -> Image.Image | None:
        if images is None or not (images / path).is_file():
            return None
        return Image.open(images / path).convert("RGB")

    def size(path: str) -> tuple[int, int] | None:
        found = load(path)
        return found.size if found is not None else None

    return RunSource(folder, "exact", "c" * 64, load, size)


def pictured(tmp_path: Path, count: int = 30, name: str = "run", **more: Any) -> RunSource:
    if not (tmp_path / "pictures").exists():
        draw_pictures(tmp_path / "pictures", count)
    rows = rows_of(count, **more)
    for number, row in enumerate(rows):
        row.setdefault("image", f"p{number}.png")
    return source_of(tmp_path, rows, name, "pictures")


def test_samples_pictures_and_answers_keep_their_order(tmp_path: Path) -> None:
    material = gather_material(pictured(tmp_path), variations=1).material

    assert material.sample_id.tolist() == [f"s{number}" for number in range(30)]
    assert material.position.tolist() == list(range(30))
    assert material.image.tolist() == list(range(30))
    assert material.regions.shape[:2] == (30, 16)
    assert material.grid == (4, 4)
    assert material.varied is not None
    assert material.varied.shape == (1, *material.regions.shape)
    assert material.answers[0] == ("square",)
    assert material.strata["question_type"].labels == ("attribute", "position")
    assert "split" in material.strata
    assert len(material.trained()) == 20
    assert (material.rule, material.checksum) == ("exact", "c" * 64)


def test_what_the_record_lacks_is_absent(tmp_path: Path) -> None:
    rows = [
        {"sample_id": f"s{n}", "question": "Which?", "prediction": "yes", "correct": n % 2 == 0}
        for n in range(4)
    ]
    file = tmp_path / "bare.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder = RunFolder(DataRoot(str(tmp_path / "data")), "runs/bare")
    reader = open_reader(file)
    mapping = propose(reader.columns(), [field.name for field in FIELDS])
    ingest(reader, file, folder, mapping=mapping, rule="given")

    material = gather_material(RunSource(folder, "given")).material

    assert material.answers == ((),) * 4
    assert (material.image == -1).all()
    assert material.looked_at is None
    assert material.loss is None
    assert material.varied is None
    assert material.curated is None
    # Without splits every sample is evaluated.
    assert len(material.trained()) == 0
    assert len(material.tested()) == 4


def test_a_picture_that_is_missing_or_of_one_colour_shows_nothing(tmp_path: Path) -> None:
    draw_pictures(tmp_path / "pictures", 30)
    rows = rows_of(30)
    for number, row in enumerate(rows):
        row["image"] = f"p{number}.png"
    rows[2]["image"], rows[5]["image"] = "blank.png", "gone.png"
    del rows[8]["image"]

    material = gather_material(source_of(tmp_path, rows, pictures="pictures")).material

    assert np.flatnonzero(material.image < 0).tolist() == [2, 5, 8]
    modality = material.strata["modality"]
    assert [modality.labels[code] for code in modality.codes[[0, 2]]] == [BOTH, NO_IMAGE]


def test_samples_of_one_picture_share_its_regions(tmp_path: Path) -> None:
    draw_pictures(tmp_path / "pictures", 3)
    rows = rows_of(9)
    for number, row in enumerate(rows):
        row["image"] = f"p{number % 3}.png"

    material = gather_material(source_of(tmp_path, rows, pictures="pictures")).material

    assert len(material.regions) == 3
    assert material.image.tolist() == [0, 1, 2] * 3


@pytest.mark.parametrize("scale", [1.0, 1 / SIDE])
def test_boxes_in_pixels_or_shares_fall_into_cells(tmp_path: Path, scale: float) -> None:
    draw_pictures(tmp_path / "pictures", 6)
    rows = rows_of(6)
    boxes = [
        [[0, 0, 16, 16]],
        [[16, 0, 48, 16]],
        [[0, 0, 16, 16], [48, 48, 64, 64]],
        [[8, 8, 24, 24]],
        [],
    ]
    for number, found in enumerate(boxes):
        rows[number]["image"] = f"p{number}.png"
        if found:
            rows[number]["boxes"] = [[side * scale for side in box] for box in found]

    seen = gather_material(source_of(tmp_path, rows, pictures="pictures")).material.looked_at

    assert seen is not None
    assert seen[0].tolist() == [1.0] + [0.0] * 15
    assert seen[1][[1, 2]].tolist() == [0.5, 0.5]
    assert seen[2][[0, 15]].tolist() == [0.5, 0.5]
    assert seen[3][[0, 1, 4, 5]].tolist() == [0.25] * 4
    assert seen[4:].sum() == 0


def test_embeddings_are_one_region_where_there_are_no_pictures(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rows_of(12)
    for row in rows:
        row["image_embedding"] = rng.normal(size=5).round(3).tolist()
    del rows[4]["image_embedding"]

    material = gather_material(source_of(tmp_path, rows)).material

    assert material.regions.shape == (11, 1, 5)
    assert material.grid is None
    assert material.image.tolist() == [0, 1, 2, 3, -1, *range(4, 11)]


def test_context_is_part_of_the_question_and_losses_are_means(tmp_path: Path) -> None:
    rows = rows_of(6)
    rows[0]["context"] = "A blue square on grey."
    rows[0]["loss"] = [1.0, 0.5]
    rows[1]["loss"] = 0.25

    material = gather_material(source_of(tmp_path, rows)).material

    assert material.question[0] == "Which shape is blue? A blue square on grey."
    assert material.loss is not None
    assert material.loss[:2].tolist() == [0.75, 0.25]
    assert np.isnan(material.loss[2:]).all()


def test_new_words_are_a_stratum_only_where_training_lacks_them(tmp_path: Path) -> None:
    rows = rows_of(12)
    rows[2]["question"] = "Which shape is azure?"
    material = gather_material(source_of(tmp_path, rows)).material
    wording = material.strata["wording"]
    assert [row for row, code in enumerate(wording.codes) if wording.labels[code] == NEW] == [2]
    same = gather_material(source_of(tmp_path, rows_of(12), "same")).material
    assert "wording" not in same.strata


def test_a_large_run_is_drawn_by_the_seed_and_says_so(tmp_path: Path) -> None:
    source = source_of(tmp_path, rows_of(40))

    first, again, other = (gather_material(source, seed=s, most=10) for s in (0, 0, 1))

    assert (first.samples, first.of) == (10, 40)
    drawn = first.material.position.tolist()
    assert drawn == sorted(drawn) == again.material.position.tolist()
    assert drawn != other.material.position.tolist()
    assert first.material.sample_id.tolist() == [f"s{each}" for each in drawn]


def test_the_same_run_gives_the_same_bits(tmp_path: Path) -> None:
    source = pictured(tmp_path, boxes=[[0.1, 0.1, 0.5, 0.5]])

    first, again = (gather_material(source, seed=3).material for _ in range(2))

    assert first.regions.tobytes() == again.regions.tobytes()
    assert first.varied is not None
    assert again.varied is not None
    assert first.varied.tobytes() == again.varied.tobytes()
    assert first.looked_at is not None
    assert np.array_equal(first.looked_at, again.looked_at)


def test_a_target_is_described_as_this_run_is(tmp_path: Path) -> None:
    own = pictured(tmp_path)
    alone = gather_material(own, variations=0).material
    both = gather_material(own, target=pictured(tmp_path, name="other"), variations=0).material

    assert both.target is not None
    assert both.target.image.tolist() == list(range(30, 60))
    shown = both.target.regions[both.target.image]
    # The same pictures, told by what this run's training taught: the same numbers.
    assert np.allclose(shown, both.regions[both.image], atol=1e-5)
    assert np.allclose(alone.regions, both.regions[:30], atol=1e-5)


def test_a_target_with_other_embeddings_is_refused(tmp_path: Path) -> None:
    sources = []
    for name, length in (("own", 3), ("other", 4)):
        rows = rows_of(6, image_embedding=[0.5] * (length - 1) + [1.0])
        sources.append(source_of(tmp_path, rows, name))
    with pytest.raises(TrainingRefused, match="different length"):
        gather_material(sources[0], target=sources[1])


def test_an_outline_has_no_pictures_where_none_was_there_on_import(tmp_path: Path) -> None:
    source = pictured(tmp_path)

    assert (outline_material(source).image >= 0).all()
    outline = outline_material(replace(source, pictured=False))
    assert (outline.image < 0).all()
    assert outline.regions.shape[1] == 1
