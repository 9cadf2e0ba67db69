"""LLaVA: a list of conversations, as its trainer and many after it read them."""

from typing import Any

from annotations.science.curation.formats.base import (
    IMAGE_TOKEN,
    NO_ANSWER,
    Format,
    JsonList,
    Place,
    RowWriter,
    pictures_of,
    prompt_of,
)
from triage.science.words import gettext_noop as _


class Llava(RowWriter):
    """Writes `train.json`; a sample without an answer teaches nothing and is counted out."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._list = JsonList(place.folder / "train.json")

    def add(self, row: dict[str, Any]) -> None:
        """Write one conversation."""
        if row["answer"] is None:
            self.place.left_out[NO_ANSWER] += 1
            return
        pictures = pictures_of(row)
        prompt = prompt_of(row)
        tokens = [] if IMAGE_TOKEN in prompt else [IMAGE_TOKEN] * len(pictures)
        asked = "\n".join([*tokens, prompt] if prompt else tokens)
        conversation: dict[str, Any] = {"id": row["sample_id"]}
        if pictures:
            conversation["image"] = pictures[0] if len(pictures) == 1 else pictures
        conversation["conversations"] = [
            {"from": "human", "value": asked},
            {"from": "gpt", "value": row["answer"]},
        ]
        self._list.add({**conversation, "weight": row["weight"], "corrected": row["corrected"]})

    def close(self) -> None:
        """Finish the file."""
        self._list.close()


FORMAT = Format(
    name="llava",
    title="LLaVA",
    about=_("conversations for fine-tuning"),
    writer=Llava,
    loads="train.json",
    opening="--data_path {folder}/train.json --image_folder {folder}",
)
