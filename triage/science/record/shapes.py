"""One value of a field that has a shape: boxes, grids, vectors, candidates, the other modality.

As in `values.py`: the clean value, or ValueError with a reason that a person can act on.
"""

from collections.abc import Callable
from typing import Any

from triage.science.record.values import a_kind, finite, kind_of, probability, structure, text

# Rounding in a file that was written with few digits.
PROBABILITY_SLACK = 1e-3
MOST_GRID_CELLS = 128 * 128
# Vectors are kept in single precision.
LARGEST = 3.4e38


def candidates(value: Any) -> list[dict[str, Any]]:
    """[{answer, probability}], put best first; the probabilities sum to at most 1."""
    value = structure(value)
    if isinstance(value, dict):
        value = [{"answer": answer, "probability": each} for answer, each in value.items()]
    if not isinstance(value, list):
        raise ValueError(
            f"should be a list of {{answer, probability}}, is {a_kind(kind_of(value))}"
        )
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
    value = structure(value)
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
    value = structure(value)
    if not isinstance(value, list):
        raise ValueError(f"should be a list of boxes, is {a_kind(kind_of(value))}")
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
    value = structure(value)
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
    value = structure(value)
    if isinstance(value, list):
        value = dict(value)
    if not isinstance(value, dict):
        raise ValueError(f"should be {{token: grid}}, is {a_kind(kind_of(value))}")
    found = [(text(token), _within(grid, each, token)) for token, each in value.items()]
    if len({(len(each), len(each[0])) for _, each in found}) > 1:
        raise ValueError("holds grids of different shapes")
    return found


def modality(value: Any) -> dict[str, Any]:
    """{prediction, confidence}: the answer with the other modality blanked."""
    value = structure(value)
    if not isinstance(value, dict):
        raise ValueError(f"should be {{prediction, confidence}}, is {a_kind(kind_of(value))}")
    prediction, confidence = value.get("prediction"), value.get("confidence")
    return {
        "prediction": None if prediction is None else text(prediction),
        "confidence": None if confidence is None else probability(confidence),
    }


def vector(value: Any) -> list[float]:
    """An embedding: a list of finite numbers."""
    value = structure(value)
    if not isinstance(value, list) or not value:
        raise ValueError("should be a list of numbers")
    found = [finite(each) for each in value]
    if max(map(abs, found)) > LARGEST:
        raise ValueError(f"holds a number beyond {LARGEST:g}")
    return found


def vectors(value: Any) -> list[list[float]]:
    """A list of embeddings of one length; one bare embedding is a list of one."""
    value = structure(value)
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
    value = structure(value)
    if isinstance(value, list) and all(isinstance(e, tuple) and len(e) == 2 for e in value):
        value = dict(value)  # As Arrow gives a map.
    if not isinstance(value, dict):
        raise ValueError(f"should be {{token: vector}}, is {a_kind(kind_of(value))}")
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
    value = structure(value)
    return [finite(each) for each in value] if isinstance(value, list) else [finite(value)]


def _within(check: Callable[[Any], Any], value: Any, where: Any) -> Any:
    try:
        return check(value)
    except ValueError as problem:
        raise ValueError(f"entry {where}: {problem}") from None
