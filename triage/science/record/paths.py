"""Fields inside fields, by dotted path: `doc.question`, `scores.*.value`, `choices[0].text`.

A path begins with the name of a column. `*` stands for the first entry of an object or list. A
column whose own name has dots in it is meant before any path.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
# What is proposed to people: deeper or longer lists are still reached by a path that is typed.
DEEPEST = 5
MOST_PATHS = 500
# Text longer than this is not tried as JSON.
_LONGEST_JSON = 100_000


def column_at(columns: Mapping[str, Any], path: str) -> list[Any] | pa.Array | None:
    """The column that `path` names, or the values inside one; None where there is none."""
    if path in columns:
        return columns[path]
    for cut in range(len(path) - 1, 0, -1):
        if path[cut] in ".[" and path[:cut] in columns:
            steps = _steps(path[cut:])
            if steps is None:
                return None
            column = columns[path[:cut]]
            listed = column.to_pylist() if isinstance(column, pa.Array) else column
            return [value_at(value, steps) for value in listed]
    return None


def value_at(value: Any, steps: Sequence[str | int]) -> Any:
    """What lies inside a value; None where it has no such part."""
    for step in steps:
        value = _parsed(value)
        if step == "*":
            inner = list(value.values()) if isinstance(value, Mapping) else value
            value = inner[0] if isinstance(inner, list | tuple) and inner else None
        elif isinstance(step, int):
            fits = isinstance(value, list | tuple) and step < len(value)
            value = value[step] if fits else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is None:
            return None
    return value


def paths_in(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The columns, and the paths to what lies inside them, in the order first seen."""
    found: dict[str, None] = dict.fromkeys(columns)
    for row in rows:
        for name, value in row.items():
            for path in _leaves(value, name, 1):
                if len(found) >= len(columns) + MOST_PATHS:
                    return list(found)
                found.setdefault(path)
    return list(found)


def _leaves(value: Any, path: str, depth: int) -> Iterable[str]:
    value = _parsed(value)
    if depth > DEEPEST or not value:
        return
    if isinstance(value, Mapping):
        # A key that is no plain name (a token, a number of an item) is no field of every row.
        for key, inner in list(value.items())[:50]:
            if isinstance(key, str) and re.fullmatch(r"[^.\[\]*]{1,80}", key):
                here = f"{path}.{key}"
                if not isinstance(inner, Mapping | list):
                    yield here
                else:
                    yield here
                    yield from _leaves(inner, here, depth + 1)
    elif isinstance(value, list) and len(value) <= 4 and isinstance(value[0], Mapping | list):
        yield from _leaves(value[0], f"{path}[0]", depth + 1)
        if isinstance(value[0], list) and value[0] and isinstance(value[0][0], str):
            yield f"{path}[0][0]"


def _parsed(value: Any) -> Any:
    """An object that stands in a cell as JSON text, as CSV and `meta` keep them."""
    if isinstance(value, str) and value[:1] in "{[" and len(value) < _LONGEST_JSON:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _steps(rest: str) -> list[str | int] | None:
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            return None
        steps.append(int(found[1]) if found[1] is not None else found[2])
        at = found.end()
    return steps
