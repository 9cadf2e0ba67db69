"""Pictures that lie in the folder or archive that was given: a run shows them afterwards too."""

import io
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from PIL import Image

from tests.factories import make_project
from triage.imports.importing import import_plan, look
from triage.models import Run
from triage.science.store.pictures import read_run_image

pytestmark = pytest.mark.django_db
RED = io.BytesIO()
Image.new("RGB", (4, 4), "red").save(RED, "PNG")
ROW = {"id": "a", "question": "Which colour?", "answer": "red", "pred": "red", "image": "1.png"}


def brought(given: Path) -> Run:
    """A run of a folder or archive; what was unpacked is gone when it is there."""
    with TemporaryDirectory() as folder:
        plan = look([(given, given.name)], Path(folder))[0]
        return import_plan(make_project(), plan, name="", source_name=given.name)


def test_a_folder_is_pointed_at(tmp_path: Path) -> None:
    given = tmp_path / "given"
    (given / "photos").mkdir(parents=True)
    (given / "answers.jsonl").write_text(json.dumps(ROW) + "\n")
    (given / "photos" / "1.png").write_bytes(RED.getvalue())

    run = brought(given)

    assert (run.images_missing, run.image_root) == (0, str(given.resolve()))
    shown = run.browser.rows([0], ("position", "image"))[0]["image"]
    assert read_run_image(run.folder, run.image_root, shown) == RED.getvalue()


def test_an_archive_is_carried(tmp_path: Path) -> None:
    given = tmp_path / "given.zip"
    with zipfile.ZipFile(given, "w") as archive:
        archive.writestr("set/answers.jsonl", json.dumps(ROW) + "\n")
        archive.writestr("set/photos/1.png", RED.getvalue())

    run = brought(given)

    assert (run.images_missing, run.image_root) == (0, "")
    shown = run.browser.rows([0], ("position", "image"))[0]["image"]
    assert read_run_image(run.folder, run.image_root, shown) == RED.getvalue()


def test_a_file_that_was_imported_before_is_named(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps(ROW) + "\n")
    project = make_project()
    first, second = (
        import_plan(project, look([(file, file.name)], tmp_path)[0], name="", source_name="x")
        for _ in range(2)
    )
    assert first.notes == []
    assert second.notes == ["the same file as the run answers"]
