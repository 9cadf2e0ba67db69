"""The forms that a curated set can be written in: one module each, its line here."""

from annotations.science.curation.formats import (
    coco,
    csv_table,
    fiftyone,
    json_lines,
    labelstudio,
    llava,
    parquet,
    vqa,
    webdataset,
)
from annotations.science.curation.formats.base import Format

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        json_lines.FORMAT,
        parquet.FORMAT,
        csv_table.FORMAT,
        csv_table.WITH_BOM,
        llava.FORMAT,
        vqa.FORMAT,
        coco.FORMAT,
        labelstudio.FORMAT,
        fiftyone.FORMAT,
        webdataset.FORMAT,
    )
}

__all__ = ["FORMATS", "Format"]
