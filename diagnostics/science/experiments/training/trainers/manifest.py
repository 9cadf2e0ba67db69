"""The files between an experiment and an external training script: what it gets, what it writes.

The manifest is a Parquet file with one row per sample, the configuration a JSON file; the script
writes predictions in the record's format, of which `sample_id` and `prediction` are needed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.material.treatment import Examples
from diagnostics.science.measures.samples import Floats
from triage.science.readers import UnreadableFile, open_reader
from triage.science.record.mapping import ColumnMapping
from triage.science.record.records import conform

# Where the picture in that row of `Material.regions` lies; None where there is no file of it.
ImagePath = Callable[[int], Path | None]
SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("split", pa.string()),
        ("question", pa.string()),
        ("other_questions", pa.list_(pa.string())),
        ("answers", pa.list_(pa.string())),
        ("image", pa.string()),
        ("weight", pa.float64()),
        ("corrected_answer", pa.string()),
        ("drop", pa.bool_()),
    ]
)
# What a script may call its predictions, the first that is there is read.
PREDICTIONS = ("predictions.jsonl", "predictions.parquet")
LONGEST_PREDICTION = 4000
_SHOWN = 3


class BadPredictions(ValueError):
    """The predictions cannot be used; the message names the file, the row and the field."""


@dataclass(frozen=True)
class Predictions:
    """What a script answered, in the order of the tested samples (m). Confidence may be NaN."""

    texts: npt.NDArray[np.str_]
    confidence: Floats


def write_manifest(
    path: Path,
    material: Material,
    trained: Examples,
    tested: Examples,
    tested_material: Material,
    image_path: ImagePath,
    target_image_path: ImagePath,
) -> None:
    """Write the training split and the tested samples as a script is shown them.

    Training rows that the arm leaves out stay, with `drop` and weight 0, so that a script of one's
    own may treat them otherwise. Tested rows have no answers: what a script is not shown it cannot
    learn.
    """
    rows = [
        *_training_rows(material, trained, image_path),
        *_tested_rows(tested_material, tested, target_image_path),
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)


def _training_rows(
    material: Material, trained: Examples, image_path: ImagePath
) -> list[dict[str, Any]]:
    shown = [
        _shown_row(material, trained, place, image_path)
        | {
            "split": "train",
            "answers": list(trained.answers[place]),
            "weight": float(trained.weight[place]),
            "drop": False,
        }
        for place in range(len(trained))
    ]
    left_out = np.setdiff1d(material.trained(), trained.row).tolist()
    return shown + [
        {
            "sample_id": str(material.sample_id[row]),
            "split": "train",
            "question": material.question[row],
            "other_questions": [],
            "answers": list(material.answers[row]),
            "image": _path_text(image_path, int(material.image[row])),
            "weight": 0.0,
            "corrected_answer": None,
            "drop": True,
        }
        for row in left_out
    ]


def _tested_rows(
    material: Material, tested: Examples, image_path: ImagePath
) -> list[dict[str, Any]]:
    return [
        _shown_row(material, tested, place, image_path)
        | {
            "split": "test",
            "answers": None,
            "weight": None,
            "corrected_answer": None,
            "drop": False,
        }
        for place in range(len(tested))
    ]


def _shown_row(
    material: Material, examples: Examples, place: int, image_path: ImagePath
) -> dict[str, Any]:
    row, questions = int(examples.row[place]), examples.questions[place]
    answers = examples.answers[place]
    corrected = material.curated.corrected[row] if material.curated is not None else ""
    return {
        "sample_id": str(material.sample_id[row]),
        "question": "" if examples.text_blank[place] else questions[0],
        "other_questions": list(questions[1:]),
        "image": _path_text(image_path, int(examples.image[place])),
        # Only where this arm trains with the correction.
        "corrected_answer": corrected if corrected and answers[:1] == (corrected,) else None,
    }


def _path_text(image_path: ImagePath, picture: int) -> str | None:
    path = image_path(picture) if picture >= 0 else None
    return None if path is None else str(path)


def write_configuration(path: Path, arm: Arm, seed: int, rule: str, folder: Path) -> None:
    """Write what the script has to know besides its samples."""
    said = {
        "arm": arm.name,
        "words": arm.words,
        "settings": arm.settings.as_dict(),
        "seed": seed,
        "rule": rule,
        "manifest": str(folder / "manifest.parquet"),
        "predictions": str(folder / PREDICTIONS[0]),
    }
    path.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))


def read_predictions(folder: Path, wanted: npt.NDArray[np.str_]) -> Predictions:
    """Read what a script wrote in `folder`: an answer for each of `wanted`, and for no other.

    Raises BadPredictions for no file, an unreadable one, a bad value, an unknown sample, one twice
    or one without an answer.
    """
    path = next((folder / name for name in PREDICTIONS if (folder / name).is_file()), None)
    if path is None:
        raise BadPredictions(f"there is no file {' or '.join(PREDICTIONS)}")
    known = {name: place for place, name in enumerate(wanted.tolist())}
    texts: list[str | None] = [None] * len(wanted)
    confidence = np.full(len(wanted), np.nan)
    try:
        for row, name, text, sure in _records(path):
            if name not in known:
                raise BadPredictions(
                    f"{path.name}, row {row}, sample_id: “{name}” is not among the tested samples"
                )
            if texts[known[name]] is not None:
                raise BadPredictions(f"{path.name}, row {row}, sample_id: “{name}” comes twice")
            if len(text) > LONGEST_PREDICTION:
                raise BadPredictions(
                    f"{path.name}, row {row}, prediction: longer than {LONGEST_PREDICTION} letters"
                )
            texts[known[name]] = text
            confidence[known[name]] = np.nan if sure is None else sure
    except UnreadableFile as problem:
        raise BadPredictions(str(problem)) from problem
    answered = [text for text in texts if text is not None]
    if len(answered) < len(texts):
        absent = [name for name, place in known.items() if texts[place] is None]
        raise BadPredictions(
            f"{path.name}: {len(absent)} of {len(texts)} tested samples have no prediction: "
            + ", ".join(f"“{name}”" for name in absent[:_SHOWN])
            + (", …" if len(absent) > _SHOWN else "")
        )
    return Predictions(np.array(answered, dtype=np.str_), confidence)


def _records(path: Path) -> Iterator[tuple[int, str, str, float | None]]:
    """(row, sample_id, prediction, confidence) of the file, row by row."""
    reader = open_reader(path)
    columns = reader.columns()
    for name in ("sample_id", "prediction"):
        if name not in columns:
            raise BadPredictions(
                f"{path.name}: there is no field {name}; it has {', '.join(columns) or 'none'}"
            )
    fields = {"sample_id": ("sample_id",), "prediction": ("prediction",), "question": ('"-"',)}
    if "confidence" in columns:
        fields["confidence"] = ("confidence",)
    for raw in reader.batches():
        conformed = conform(raw, ColumnMapping(fields), "test")
        if conformed.refusals:
            first = conformed.refusals[0]
            where = f"row {first.row}" + (f", {first.field}" if first.field else "")
            raise BadPredictions(f"{path.name}, {where}: {first.reason}")
        names = ("row", "sample_id", "prediction", "confidence")
        yield from zip(*(conformed.table[name].to_pylist() for name in names), strict=True)
