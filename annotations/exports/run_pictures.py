"""The pictures of a run, for an export: from the folder it points at, or its own."""

from collections.abc import Iterator
from functools import partial

from annotations.science.curation.pictures import Pictures, can_be_read
from triage.models import Run
from triage.science.store.pictures import read_run_image


def pictures_of(run: Run, *, wanted: bool = True) -> Pictures:
    """What reads the pictures of `run`; not `wanted`: their names alone go into the export."""
    read = partial(read_run_image, run.folder, run.image_root)
    if not wanted:
        return Pictures(read, wanted=False)
    return Pictures(read, there=any(can_be_read(read, name) for name in _names(run)))


def _names(run: Run) -> Iterator[str]:
    """The names that the rows give pictures, each once, part by part."""
    known: set[str] = set()
    columns = sorted({"image", "images"} & run.folder.sample_columns())
    for part in run.folder.read_samples(columns=columns) if columns else ():
        for row in part.to_pylist():
            for name in (row.get("image"), *(row.get("images") or ())):
                if name and name not in known:
                    known.add(name)
                    yield name
