"""Imports as verbs: whole or not at all."""

import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from PIL import Image

from tests.factories import make_project, make_run, sample_rows, write_lines
from tests.triage.science.store.test_pictures import png
from triage.imports.importing import (
    ImportRefused,
    allowed_folder,
    import_run,
    preview,
    rule_for,
    trial,
)
from triage.models import Run
from triage.science.record.mapping import ColumnMapping
from triage.science.store.store import DataRoot

pytestmark = pytest.mark.django_db


def runs_on_disk() -> list[str]:
    root = DataRoot(settings.DATA_ROOT)
    return root.fs.ls(root.join("runs")) if root.has("runs") else []


def test_a_file_becomes_a_run_with_everything_said_about_it(tmp_path: Path) -> None:
    run = make_run(make_project(), write_lines(tmp_path / "answers.jsonl", sample_rows(9, 4)))

    assert (run.name, run.samples, run.errors, run.refused) == ("answers", 9, 4, 0)
    assert run.splits == {"train": 3, "test": 3, "ood": 3}
    assert len(run.source_sha256) == 64
    assert run.mapping["prediction"] == ["prediction"]
    assert run.versions["pyarrow"] == pa.__version__


def test_the_preview_proposes_mapping_and_rule(tmp_path: Path) -> None:
    rows = [{"id": i, "text": "Is it?", "label": "yes", "pred": "no"} for i in range(30)]
    shown = preview(write_lines(tmp_path / "x.jsonl", rows), "x.jsonl")

    assert shown.mapping.to_dict() == {
        "sample_id": ["id"],
        "question": ["text"],
        "answers": ["label"],
        "prediction": ["pred"],
    }
    assert rule_for(shown, shown.mapping) == "yes_no"


def test_the_trial_says_what_would_be_refused_and_what_is_an_error(tmp_path: Path) -> None:
    rows = [*sample_rows(3, 1), {"sample_id": "bad", "question": "?", "confidence": 7}]
    shown = preview(write_lines(tmp_path / "x.jsonl", rows), "x.jsonl")

    tried = trial(shown, shown.mapping, "exact", "test")

    assert [row["is_error"] for row in tried.taken] == [True, False, False]
    assert [refusal.row for refusal in tried.refusals] == [4]
    without = ColumnMapping({k: v for k, v in shown.mapping.columns.items() if k != "answers"})
    assert "answers" in trial(shown, without, "exact", "test").problem


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b'{"sample_id": "a", "question": "q", "answers"', "cut off|line 1"),
        (b"\xff\xfe\x00\x01garbage", "UTF-8|encod|line"),
        (b'{"sample_id": "", "question": ""}\n', "no row could be taken|no column"),
    ],
    ids=["empty", "truncated", "not text", "nothing in it"],
)
def test_a_bad_file_leaves_nothing_behind(tmp_path: Path, content: bytes, says: str) -> None:
    source = tmp_path / "bad.jsonl"
    source.write_bytes(content)
    project = make_project()

    with pytest.raises(ImportRefused, match=says):
        make_run(project, source)

    assert not Run.objects.exists()
    assert runs_on_disk() == []


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    project, source = make_project(), write_lines(tmp_path / "a.jsonl", sample_rows(3, 1))
    make_run(project, source, name="one")

    with pytest.raises(ImportRefused, match="already has a run named “one”"):
        make_run(project, source, name="one")
    assert make_run(project, source).name == "a"
    assert make_run(project, source).name == "a 2"
    assert len(runs_on_disk()) == 3


def test_a_zip_of_images_travels_with_the_run(tmp_path: Path) -> None:
    archive = tmp_path / "images.zip"
    with zipfile.ZipFile(archive, "w") as sink:
        sink.writestr("some/a.png", png())
        sink.writestr("some/readme.txt", "hello")
    rows = [{**row, "image": "some/a.png"} for row in sample_rows(2, 1)]
    run = make_run(make_project(), write_lines(tmp_path / "x.jsonl", rows), images=archive)

    assert run.images_missing == 0
    assert run.image_root == ""
    assert run.folder.has("images", "some/a.png")


def test_a_zip_that_reaches_out_of_its_folder_is_refused_whole(tmp_path: Path) -> None:
    archive = tmp_path / "images.zip"
    with zipfile.ZipFile(archive, "w") as sink:
        sink.writestr("a.png", png())
        sink.writestr("../../evil.png", png())
    source = write_lines(tmp_path / "x.jsonl", sample_rows(2, 1))

    with pytest.raises(ImportRefused, match="outside the image folder"):
        make_run(make_project(), source, images=archive)

    assert runs_on_disk() == []
    assert not list(Path(settings.DATA_ROOT).rglob("evil.png"))


def test_images_in_parquet_become_files_of_the_run(tmp_path: Path) -> None:
    rows = sample_rows(3, 1)
    images = [{"bytes": png(colour=c), "path": None} for c in ("red", "green", "blue")]
    table = pa.Table.from_pylist(rows).append_column("image", pa.array(images))
    source = tmp_path / "x.parquet"
    pq.write_table(table, source)

    run = make_run(make_project(), source)

    paths = [row["image"] for row in run.browser.rows([0, 1, 2])]
    assert len(set(paths)) == 3
    with run.folder.root.fs.open(run.folder.path("images", paths[0])) as stream:
        assert Image.open(io.BytesIO(stream.read())).size == (40, 30)


def test_html_in_every_field_is_kept_as_text(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    row = dict.fromkeys(("question", "prediction", "category", "template", "context"), script)
    run = make_run(
        make_project(),
        write_lines(
            tmp_path / "x.jsonl", [{**row, "sample_id": script, "answers": [script], "x": script}]
        ),
    )

    assert run.browser.sample(0)["sample_id"] == script


def test_only_import_folders_are_reached_by_path(tmp_path: Path, settings) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "a.jsonl").write_text("{}")
    (outside / "b.jsonl").write_text("{}")
    (inside / "link.jsonl").symlink_to(outside / "b.jsonl")
    settings.IMPORT_FOLDERS = [inside.resolve()]

    assert allowed_folder(str(inside / "a.jsonl")) == (inside / "a.jsonl").resolve()
    for path in (outside / "b.jsonl", inside / "link.jsonl", inside / ".." / "out" / "b.jsonl"):
        with pytest.raises(ImportRefused, match="not inside"):
            allowed_folder(str(path))
    with pytest.raises(ImportRefused, match="not there"):
        allowed_folder(str(inside / "none.jsonl"))


def test_a_fault_in_the_database_takes_the_files_along(tmp_path: Path, monkeypatch) -> None:
    def fail(*args, **more) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Run, "save", fail)
    source = write_lines(tmp_path / "x.jsonl", sample_rows(3, 1))

    with pytest.raises(RuntimeError, match="disk is full"):
        make_run(make_project(), source)
    assert runs_on_disk() == []


@pytest.mark.realdata
def test_pope_is_imported_as_its_makers_count_it(real_data: Path) -> None:
    run = make_run(
        make_project(),
        real_data / "pope_repope" / "items.jsonl",
        maps=[
            "sample_id=category+pope_question_id",
            "answers=label_pope",
            "prediction=pred_llava-v1.5-13b",
            "category=category",
        ],
    )

    assert run.outcome["read"]["no_answer"] == 189
    assert run.errors == 622 + 189
    assert run.scoring == "yes_no"
    lines = (real_data / "pope_repope" / "items.jsonl").read_text().count("\n")
    assert (run.samples, run.refused) == (lines, 0)


@pytest.mark.realdata
def test_human_labels_and_pictures_in_parquet_are_imported(real_data: Path) -> None:
    run = make_run(
        make_project(),
        real_data / "cifar10n" / "cifar10n.parquet",
        maps=[
            "sample_id=id",
            'question="What is in the picture?"',
            "answers=worse_label",
            "prediction=clean_label",
        ],
        rule="exact",
    )

    assert (run.refused, run.images_missing) == (0, 0)
    assert 0 < run.errors < run.samples
    row = run.browser.sample(0)
    with run.folder.root.fs.open(run.folder.path("images", row["image"])) as stream:
        assert Image.open(stream).size == (32, 32)


@pytest.mark.realdata
def test_gpt4o_answers_to_puzzles_are_imported_with_their_pictures(
    real_data: Path, tmp_path: Path
) -> None:
    base = real_data / "puzzlevqa_gpt4o"
    answers = next((base / "predictions").rglob("size_grid.jsonl")).read_text()
    source = tmp_path / "size_grid.jsonl"
    # The pictures were stored as WebP after the file was written.
    source.write_text(answers.replace(".png", ".webp"))

    run = make_run(
        make_project(),
        source,
        maps=["sample_id=image", "image=image", "prediction=pred", "answers=answer"],
        images=base,
        rule="exact",
    )

    assert (run.samples, run.refused, run.images_missing) == (100, 0, 0)
    sample = run.browser.sample(0)
    assert sample["answers"][0] in sample["options"]


def test_import_run_names_an_unknown_folder_of_images(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "x.jsonl", sample_rows(3, 1))
    shown = preview(source, source.name)
    with pytest.raises(ImportRefused):
        import_run(
            make_project(),
            source,
            source_name="x.jsonl",
            name="",
            mapping=shown.mapping,
            rule="exact",
            images=tmp_path / "nothing.zip",
        )
    assert runs_on_disk() == []
