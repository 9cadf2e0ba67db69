"""FiftyOne: a FiftyOneDataset with pictures, references and predictions.

Without a `version` in metadata.json FiftyOne reads every sample by itself and works out the
fields; so the folder is bound to no version of its data base.
"""

from typing import Any

from annotations.science.curation.formats.base import (
    NO_PICTURE,
    Format,
    JsonList,
    Place,
    RowWriter,
    pictures_of,
    put_json,
    said_of,
)
from triage.science.words import gettext_noop as _

_FIELDS = (
    "question", "context", "options", "answers", "original_answers", "question_type",
    "category", "difficulty", "domain", "model", "review_verdict", "why",
)  # fmt: skip


class FiftyOne(RowWriter):
    """Writes `samples.json`, `metadata.json` and `data/`."""

    under = "data"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        about = {"name": place.title, "media_type": "image", "info": {"description": place.title}}
        put_json(place.folder / "metadata.json", about)
        self._list = JsonList(place.folder / "samples.json", '{"samples":[', "]}")

    def add(self, row: dict[str, Any]) -> None:
        """Write one sample; one without a picture has no place in FiftyOne and is counted out."""
        pictures = pictures_of(row)
        if not pictures:
            self.place.left_out[NO_PICTURE] += 1
            return
        tags = [row.get("split"), "corrected" if row["corrected"] else None]
        sample = {
            "filepath": pictures[0],
            "tags": [tag for tag in tags if tag],
            "metadata": None,
            # FiftyOne itself calls something else `sample_id`.
            "source_id": row["sample_id"],
            **said_of(row, _FIELDS),
            "weight": row["weight"],
            "corrected": row["corrected"],
        }
        if row["answer"] is not None:
            sample["ground_truth"] = _label(row["answer"])
        if row.get("prediction"):
            sample["prediction"] = _label(row["prediction"], row.get("confidence"))
        self._list.add(sample)

    def close(self) -> None:
        """Finish the file."""
        self._list.close()


def _label(text: str, confidence: float | None = None) -> dict[str, Any]:
    label: dict[str, Any] = {"_cls": "Classification", "tags": [], "label": text}
    return label if confidence is None else {**label, "confidence": confidence}


FORMAT = Format(
    name="fiftyone",
    title="FiftyOne",
    about=_("samples with labels and predictions"),
    writer=FiftyOne,
    loads="",
    opening=('fiftyone.Dataset.from_dir("{folder}", dataset_type=fiftyone.types.FiftyOneDataset)'),
)
