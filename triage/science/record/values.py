"""One value at a time: what a file may hold in each kind of field, and why it is refused.

Every function takes what a JSON, CSV or Parquet cell gave and returns the clean value, or raises
`ValueError` with a reason that a person can act on. `None` stands for 'absent' and never gets here.
"""

import ast
import json
import math
from collections.abc import Callable
from typing import Any

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "ood": "ood",
}
MOST_ANSWERS = 10
# Rounding in a file that was written with few digits.
PROBABILITY_SLACK = 1e-3
MOST_GRID_CELLS = 128 * 128
# Vectors are kept in single precision.
LARGEST = 3.4e38


def text(value: Any) -> str:
    """Text as it stands; numbers and booleans in their JSON spelling."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("holds a NUL character")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        finite(value)
        return str(int(value)) if value.is_integer() else repr(value)
    raise ValueError(f"should be text, is a {_kind(value)}")


def finite(value: Any) -> float:
    """A finite number; text that spells one is taken (CSV)."""
    if isinstance(value, bool) or value is None:
        raise ValueError(f"should be a number, is a {_kind(value)}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"should be a number, is {_shown(value)}") from None
    if not math.isfinite(number):
        raise ValueError(f"is {number}: only finite numbers are taken")
    return number


def probability(value: Any) -> float:
    """A number in 0..1."""
    number = finite(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"is {number:g}: a probability lies in 0..1")
    return number


def credit(value: Any) -> float:
    """Right or wrong as a boolean, or a credit in 0..1."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value.strip().lower() in {"true", "yes", "false", "no"}:
        return float(value.strip().lower() in {"true", "yes"})
    return probability(value)


def split(value: Any) -> str:
    """train, val, test or ood (and their usual other names)."""
    known = SPLITS.get(text(value).strip().lower())
    if known is None:
        raise ValueError(f"is {_shown(value)}: a split is train, val, test or ood")
    return known


def image_path(value: Any) -> str:
    """A path relative to the image root that does not leave it."""
    path = text(value).strip()
    if path.startswith(("/", "\\", "~")) or (len(path) > 1 and path[1] == ":"):
        raise ValueError("is an absolute path: image paths are relative to the image folder")
    if "://" in path:
        raise ValueError("is an address: images are read from a folder, nothing is downloaded")
    if ".." in path.replace("\\", "/").split("/"):
        raise ValueError("leaves the image folder ('..')")
    return path.removeprefix("./")


def answers(value: Any) -> list[str]:
    """One to ten reference answers; a plain value is one answer."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _parsed_list(value)
    found = [text(each) for each in value] if isinstance(value, list | tuple) else [text(value)]
    if not found:
        raise ValueError("is an empty list: give at least one reference answer")
    if len(found) > MOST_ANSWERS:
        raise ValueError(f"holds {len(found)} answers: at most {MOST_ANSWERS} are taken")
    return found


def candidates(value: Any) -> list[dict[str, Any]]:
    """[{answer, probability}], put best first; the probabilities sum to at most 1."""
    value = _structure(value)
    if isinstance(value, dict):
        value = [{"answer": answer, "probability": each} for answer, each in value.items()]
    if not isinstance(value, list):
        raise ValueError(f"should be a list of {{answer, probability}}, is a {_kind(value)}")
    found: list[dict[str, Any]] = []
    for number, each in enumerate(value, start=1):
        if not isinstance(each, dict) or "answer" not in each:
            raise ValueError(f"entry {number} has no 'answer'")
        given = each.get("probability")
        found.append(
            {
                "answer": text(each["answer"]),
                "probability": None if given is None else _within(probability, given, number),
            }
        )
    total = sum(each["probability"] or 0.0 for each in found)
    if total > 1 + PROBABILITY_SLACK:
        raise ValueError(f"probabilities sum to {total:.4g}, more than 1")
    return sorted(found, key=lambda each: -(each["probability"] or 0.0))


def box(value: Any) -> list[float]:
    """[x0, y0, x1, y1] with x0 < x1 and y0 < y1, not negative; pixels or 0..1."""
    value = _structure(value)
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError("should be [x0, y0, x1, y1]")
    x0, y0, x1, y1 = (finite(each) for each in value)
    if min(x0, y0) < 0:
        raise ValueError(f"{[x0, y0, x1, y1]} begins outside the image")
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"{[x0, y0, x1, y1]} has no area: x0 < x1 and y0 < y1 are needed")
    return [x0, y0, x1, y1]


def boxes(value: Any) -> list[list[float]]:
    """A list of boxes; one bare box is a list of one."""
    value = _structure(value)
    if not isinstance(value, list):
        raise ValueError(f"should be a list of boxes, is a {_kind(value)}")
    if value and not isinstance(value[0], list):
        return [box(value)]
    return [_within(box, each, number) for number, each in enumerate(value, start=1)]


def check_box_inside(one: list[float], width: int, height: int) -> None:
    """Raise ValueError if a box in pixels reaches beyond an image of that size."""
    if max(one) <= 1.0:
        return
    if one[2] > width + 1 or one[3] > height + 1:
        raise ValueError(f"{one} reaches outside the image of {width} × {height} pixels")


def grid(value: Any) -> list[list[float]]:
    """A rectangular H×W grid of finite numbers, none negative, not all zero."""
    value = _structure(value)
    if not isinstance(value, list) or not value or not all(isinstance(row, list) for row in value):
        raise ValueError("should be a grid: a list of rows of numbers")
    widths = {len(row) for row in value}
    if len(widths) != 1 or widths == {0}:
        raise ValueError(f"has rows of different lengths: {sorted(widths)}")
    if len(value) * len(value[0]) > MOST_GRID_CELLS:
        raise ValueError(f"has {len(value)} × {len(value[0])} cells: at most {MOST_GRID_CELLS}")
    cells = [[finite(cell) for cell in row] for row in value]
    if any(cell < 0 for row in cells for cell in row):
        raise ValueError("holds a negative number: attention is a weight")
    if not any(cell for row in cells for cell in row):
        raise ValueError("is zero everywhere")
    return cells


def token_grids(value: Any) -> list[tuple[str, list[list[float]]]]:
    """{token: grid}, every grid of one shape, as pairs in the order given."""
    value = _structure(value)
    if isinstance(value, list):
        value = dict(value)
    if not isinstance(value, dict):
        raise ValueError(f"should be {{token: grid}}, is a {_kind(value)}")
    found = [(text(token), _within(grid, each, token)) for token, each in value.items()]
    if len({(len(each), len(each[0])) for _, each in found}) > 1:
        raise ValueError("holds grids of different shapes")
    return found


def modality(value: Any) -> dict[str, Any]:
    """{prediction, confidence}: the answer with the other modality blanked."""
    value = _structure(value)
    if not isinstance(value, dict):
        raise ValueError(f"should be {{prediction, confidence}}, is a {_kind(value)}")
    prediction, confidence = value.get("prediction"), value.get("confidence")
    return {
        "prediction": None if prediction is None else text(prediction),
        "confidence": None if confidence is None else probability(confidence),
    }


def vector(value: Any) -> list[float]:
    """An embedding: a list of finite numbers."""
    value = _structure(value)
    if not isinstance(value, list) or not value:
        raise ValueError("should be a list of numbers")
    found = [finite(each) for each in value]
    if max(map(abs, found)) > LARGEST:
        raise ValueError(f"holds a number beyond {LARGEST:g}")
    return found


def vectors(value: Any) -> list[list[float]]:
    """A list of embeddings of one length; one bare embedding is a list of one."""
    value = _structure(value)
    if not isinstance(value, list) or not value:
        raise ValueError("should be a list of vectors")
    if not isinstance(value[0], list):
        return [vector(value)]
    found = [_within(vector, each, number) for number, each in enumerate(value, start=1)]
    _check_lengths(found)
    return found


def word_vectors(value: Any) -> list[tuple[str, list[float]]]:
    """{token: vector}, every vector of one length, as pairs in the order given.

    A token without a vector is left out: a Parquet object has every token of the file.
    """
    value = _structure(value)
    if isinstance(value, list) and all(isinstance(e, tuple) and len(e) == 2 for e in value):
        value = dict(value)  # As Arrow gives a map.
    if not isinstance(value, dict):
        raise ValueError(f"should be {{token: vector}}, is a {_kind(value)}")
    given = {token: each for token, each in value.items() if each is not None}
    found = [(text(token), _within(vector, each, token)) for token, each in given.items()]
    _check_lengths([each for _, each in found])
    return found


def _check_lengths(found: list[list[float]]) -> None:
    lengths = sorted({len(each) for each in found})
    if len(lengths) > 1:
        raise ValueError(f"holds vectors of different lengths: {lengths}")


def losses(value: Any) -> list[float]:
    """A loss, or one per epoch; a single number is a list of one."""
    value = _structure(value)
    return [finite(each) for each in value] if isinstance(value, list) else [finite(value)]


def _within(check: Callable[[Any], Any], value: Any, where: Any) -> Any:
    try:
        return check(value)
    except ValueError as problem:
        raise ValueError(f"entry {where}: {problem}") from None


def _structure(value: Any) -> Any:
    """Lists and objects as such; text that spells one (CSV) is parsed."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError(f"should be JSON, is {_shown(value)}") from None
    return value.tolist() if hasattr(value, "tolist") else value


def _parsed_list(value: str) -> Any:
    """A list spelled in JSON or as Python prints it; text that merely begins with '[' stays."""
    for parse in (json.loads, ast.literal_eval):
        try:
            parsed = parse(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(parsed, list):
            return parsed
    return value


def _kind(value: Any) -> str:
    names = {dict: "object", list: "list", bool: "true/false", type(None): "null", bytes: "bytes"}
    return names.get(type(value), type(value).__name__)


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"
