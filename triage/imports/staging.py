"""Files on their way in: uploads wait here until they are imported or thrown away."""

import shutil
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from triage.models import Job


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Uploads stream to disk; one larger than allowed is refused before a byte of it is kept."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - as Django calls it
        content_length: int,
        *args: Any,
        **more: Any,
    ) -> None:
        """Look at the length that the browser declares."""
        if content_length > settings.MAX_UPLOAD_BYTES:
            raise RequestDataTooBig(f"the upload is {content_length} bytes")


def stage(upload: Any, folder: Path | None = None) -> Path:
    """Keep an uploaded file in a folder of its own; its path. The name is ours, not the user's."""
    folder = folder or new_folder()
    suffix = "".join(Path(upload.name).suffixes[-2:])[-20:]
    safe = "".join(letter for letter in suffix if letter.isalnum() or letter == ".")
    target = folder / f"{uuid.uuid4().hex}{safe}"
    if hasattr(upload, "temporary_file_path"):
        shutil.move(upload.temporary_file_path(), target)
    else:
        with target.open("wb") as sink:
            for chunk in upload.chunks():
                sink.write(chunk)
    return target


def new_folder() -> Path:
    """An empty folder under the staging folder."""
    folder = Path(settings.STAGING_FOLDER) / uuid.uuid4().hex
    folder.mkdir(parents=True)
    return folder


def discard(job: Job) -> None:
    """Throw away what was staged for an import job; files that were only pointed at stay."""
    staging = Path(settings.STAGING_FOLDER).resolve()
    folder = job.request.get("staged")
    if folder and Path(folder).resolve().parent == staging:
        throw_away(Path(folder))


def throw_away(folder: Path) -> None:
    """Remove a staging folder and what is in it."""
    shutil.rmtree(folder, ignore_errors=True)
