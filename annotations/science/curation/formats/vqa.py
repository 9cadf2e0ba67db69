"""VQA v2: questions and annotations in two files, as the VQA tools read them.

Ids are the run's own where they are whole numbers. The official accuracy gives an answer full
credit when three *other* people gave it, so references that are no votes (each is there once) are
repeated to ten answers or more; votes stay as they are.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from annotations.science.curation.formats.base import (
    NO_ANSWER,
    Format,
    JsonList,
    Place,
    RowWriter,
    pictures_of,
    prompt_of,
)
from annotations.science.curation.train_rows import json_bytes
from triage.science.words import gettext_noop as _

FULL_CREDIT = 4
USUAL_ANSWERS = 10
# Larger whole numbers are not the same in every reader of JSON.
LARGEST_ID = 2**53


class Vqa(RowWriter):
    """Writes `questions.json` and `annotations.json`."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        about = {
            "info": {"description": place.title},
            "license": {},
            "data_type": "curated",
            "data_subtype": "train",
        }
        asked = json_bytes({**about, "task_type": "Open-Ended"}).decode()
        said = json_bytes(about).decode()
        folder = place.folder
        self._questions = JsonList(folder / "questions.json", f'{asked[:-1]},"questions":[', "]}")
        self._answers = JsonList(folder / "annotations.json", f'{said[:-1]},"annotations":[', "]}")
        self._image_ids: dict[str, int] = {}

    def add(self, row: dict[str, Any]) -> None:
        """Write one question and its answers."""
        if not row["answers"]:
            self.place.left_out[NO_ANSWER] += 1
            return
        pictures = pictures_of(row)
        name = pictures[0] if pictures else ""
        ids = {
            "image_id": self._image_ids.setdefault(name, len(self._image_ids) + 1),
            "question_id": own_id(row["sample_id"]),
        }
        question = {**ids, "question": prompt_of(row)}
        if pictures:
            question["image"] = name
        most = Counter(row["answers"]).most_common(1)[0][0]
        self._questions.add(question)
        self._answers.add(
            {
                **ids,
                "question_type": row.get("question_type") or "none of the above",
                "answer_type": answer_type(most),
                "multiple_choice_answer": most,
                "answers": [
                    {"answer": answer, "answer_confidence": "yes", "answer_id": number}
                    for number, answer in enumerate(voted(row["answers"]), start=1)
                ],
                "weight": row["weight"],
                "corrected": row["corrected"],
            }
        )

    def close(self) -> None:
        """Finish both files."""
        self._questions.close()
        self._answers.close()


def own_id(sample_id: str) -> int | str:
    """A sample's id as a whole number where it is one in its plain spelling."""
    plain = sample_id.isascii() and sample_id.isdigit() and str(int(sample_id)) == sample_id
    return int(sample_id) if plain and int(sample_id) < LARGEST_ID else sample_id


def voted(answers: Sequence[str]) -> list[str]:
    """Answers as ten people's; each reference that is no vote often enough for full credit."""
    if len(set(answers)) < len(answers):
        return list(answers)
    times = max(FULL_CREDIT, USUAL_ANSWERS // len(answers))
    return [answer for answer in answers for _time in range(times)]


def answer_type(answer: str) -> str:
    """yes/no, number or other, as VQA sorts answers."""
    plain = answer.strip().lower().rstrip(".")
    if plain in ("yes", "no"):
        return "yes/no"
    return "number" if plain.replace(".", "", 1).isdigit() else "other"


FORMAT = Format(
    name="vqa",
    title="VQA v2",
    about=_("questions and annotations for its tools"),
    writer=Vqa,
    loads="",
    opening='VQA("{folder}/annotations.json", "{folder}/questions.json")',
)
