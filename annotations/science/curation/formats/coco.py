"""COCO captions: images and their texts, as pycocotools reads them.

Every reference answer is a caption; the question it answers stands beside it.
"""

from typing import Any

from annotations.science.curation.formats.base import (
    NO_ANSWER,
    NO_PICTURE,
    Format,
    JsonList,
    Place,
    RowWriter,
    pictures_of,
    prompt_of,
)
from annotations.science.curation.train_rows import json_bytes
from triage.science.words import gettext_noop as _


class Coco(RowWriter):
    """Writes `captions.json`: the annotations as they come, then the images."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        info = json_bytes({"description": place.title}).decode()
        before = f'{{"info":{info},"licenses":[],"annotations":['
        self._path = place.folder / "captions.json"
        self._list = JsonList(self._path, before, "],")
        self._images: dict[str, dict[str, Any]] = {}
        self._captions = 0

    def add(self, row: dict[str, Any]) -> None:
        """Write the captions of one sample."""
        pictures = pictures_of(row)
        if not pictures or not row["answers"]:
            self.place.left_out[NO_ANSWER if pictures else NO_PICTURE] += 1
            return
        image = self._image(pictures[0])
        for answer in dict.fromkeys(row["answers"]):
            self._captions += 1
            self._list.add(
                {
                    "id": self._captions,
                    "image_id": image["id"],
                    "caption": answer,
                    "question": prompt_of(row),
                    "sample_id": row["sample_id"],
                    "weight": row["weight"],
                    "corrected": row["corrected"],
                }
            )

    def _image(self, path: str) -> dict[str, Any]:
        if path not in self._images:
            image: dict[str, Any] = {"id": len(self._images) + 1, "file_name": path}
            size = self.place.pictures.size_at(path)
            if size is not None:
                image |= {"width": size[0], "height": size[1]}
            self._images[path] = image
        return self._images[path]

    def close(self) -> None:
        """Finish the file."""
        self._list.close()
        images = JsonList(self._path.with_suffix(".images"), '"images":[', "]}")
        for image in self._images.values():
            images.add(image)
        images.close()
        with self._path.open("ab") as whole:
            whole.write(self._path.with_suffix(".images").read_bytes())
        self._path.with_suffix(".images").unlink()


FORMAT = Format(
    name="coco",
    title="COCO",
    about=_("images and captions for pycocotools"),
    writer=Coco,
    loads="",
    opening='COCO("{folder}/captions.json")',
)
