"""The data set card of an export: README.md, read by people and by the Hugging Face loader."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import yaml

from annotations.science.curation.curation import Counts
from annotations.science.curation.formats.base import Format, Place

CARD = "README.md"
_COLUMNS = {
    "answer": "the answer to train on: the corrected answer, else the first reference",
    "weight": "weight of the sample in training",
    "corrected": "whether people corrected the answer",
    "answers": "the references to train on",
    "original_answers": "the references before any correction",
    "prediction": "what the model wrote in the run",
    "review_verdict": "what people found, `unreviewed` where nobody looked",
    "why": "why the sample is here with this weight",
    "meta": "whatever else the source file said of the sample",
}


def data_card(form: Format, place: Place, counts: Counts, record: Mapping[str, str]) -> str:
    """The text of the card; `record` says what lies in each file beside the training file."""
    head = _head(form, place)
    front = f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n"
    opening = form.opening.format(folder="FOLDER")
    lines = [
        f"# {_line(place.title)}",
        "",
        f"Curated by people from a run of a model: {counts.kept:,} samples as they were, "
        f"{counts.corrected:,} with a corrected answer; {counts.dropped:,} were dropped.",
        "",
        "Open it with:",
        "",
        f"    {opening}",
        "",
        *_columns(form, place.schema),
        "Beside it, where loaders do not look:",
        "",
        *(f"- `{name}`: {about}" for name, about in record.items()),
        "",
    ]
    return (front if head else "") + "\n".join(lines)


def _head(form: Format, place: Place) -> dict[str, Any]:
    """What the Hugging Face loader reads: which file is loaded, and its columns' types."""
    if not form.loads:
        return {}
    files = [{"split": "train", "path": form.loads}]
    head: dict[str, Any] = {"configs": [{"config_name": "default", "data_files": files}]}
    return {**head, "dataset_info": {"features": place.features}} if place.features else head


def _columns(form: Format, schema: pa.Schema) -> list[str]:
    if not form.loads.endswith((".jsonl", ".csv", ".parquet")):
        return []
    described = [f"- `{name}`: {said}" for name, said in _COLUMNS.items() if name in schema.names]
    return ["Columns that the curation made or that need a word:", "", *described, ""]


def _line(title: str) -> str:
    return " ".join(title.split()).replace("<", "&lt;")
