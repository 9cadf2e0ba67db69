"""Label Studio: tasks with the model's answers as predictions, and a labelling interface.

Pictures are served by Label Studio itself from the exported folder (its local files).
"""

import uuid
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import pyarrow as pa

from annotations.science.curation.formats.base import (
    Format,
    JsonList,
    Place,
    RowWriter,
    pictures_of,
    said_of,
)
from triage.science.words import gettext_noop as _

LOCAL = "/data/local-files/?d="
_SHOWN = (
    "question", "context", "options", "answer", "answers", "original_answers", "prediction",
    "split", "question_type", "category", "review_verdict", "why",
)  # fmt: skip


class LabelStudio(RowWriter):
    """Writes `tasks.json` and `label_config.xml`."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.has_pictures = "image" in place.schema.names or "images" in place.schema.names
        self._list = JsonList(place.folder / "tasks.json")
        (place.folder / "label_config.xml").write_text(_config(place.schema), encoding="utf-8")

    def add(self, row: dict[str, Any]) -> None:
        """Write one task."""
        data = {
            "sample_id": row["sample_id"],
            # The interface names it: a task without it would be refused.
            "question": "",
            **said_of(row, _SHOWN),
            "weight": row["weight"],
            "corrected": row["corrected"],
        }
        pictures = [self._address(path) for path in pictures_of(row)]
        if self.has_pictures:
            data["image"] = pictures[0] if pictures else ""
        if len(pictures) > 1:
            data["images"] = pictures
        self._list.add({"data": data, "predictions": [self._prediction(row)]})

    def _prediction(self, row: dict[str, Any]) -> dict[str, Any]:
        name = f"{row['sample_id']}\n{row.get('model') or self.place.title}"
        region = {
            "id": uuid.uuid5(uuid.NAMESPACE_OID, name).hex[:10],
            "type": "textarea",
            "from_name": "answer",
            "to_name": "question",
            "value": {"text": [row.get("prediction") or ""]},
        }
        made: dict[str, Any] = {
            "model_version": row.get("model") or self.place.title,
            "result": [region],
        }
        if row.get("confidence") is not None:
            made["score"] = row["confidence"]
        return made

    def _address(self, path: str) -> str:
        copied = (self.place.folder / path).is_file()
        return f"{LOCAL}{quote(path)}" if copied else path

    def close(self) -> None:
        """Finish the file."""
        self._list.close()


def _config(schema: pa.Schema) -> str:
    """The labelling interface: picture, question, and a box for the answer."""
    parts = []
    if "image" in schema.names or "images" in schema.names:
        parts.append('  <Image name="image" value="$image"/>')
    hint = quoteattr("The right answer")
    parts += [
        '  <Text name="question" value="$question"/>',
        f'  <TextArea name="answer" toName="question" placeholder={hint} editable="true"/>',
    ]
    return "\n".join(["<View>", *parts, "</View>", ""])


FORMAT = Format(
    name="labelstudio",
    title="Label Studio",
    about=_("tasks with the model’s answers to label on"),
    writer=LabelStudio,
    loads="",
    opening=(
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true "
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={folder} label-studio "
        "(labelling interface: label_config.xml; import: tasks.json)"
    ),
)
