"""Charts of a diagnosis as shapes for an inline SVG.

The picture is a 100 x 100 square that the page stretches to its width; axis words are HTML around
it, so that they keep their size on a phone. Shapes carry classes only: colours come from the style
sheet, in light and dark.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STEPS = 4


@dataclass(frozen=True)
class Line:
    """One series: a path with its band, or bars; `place` chooses its colour."""

    words: str
    place: int
    path: str
    band: str
    bars: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True)
class Drawn:
    """A chart ready for its template."""

    name: str
    words: str
    x_words: str
    y_words: str
    lines: tuple[Line, ...]
    level_y: str
    diagonal: str
    grid_y: tuple[str, ...]
    y_marks: tuple[float, ...]
    x_marks: tuple[float, ...]
    x_names: tuple[str, ...]


def drawn(chart: dict[str, Any]) -> Drawn | None:
    """A stored chart as shapes; None when it has no point."""
    series = [each for each in chart["series"] if each["x"] and each["y"]]
    if not series:
        return None
    left, right = _span([x for each in series for x in each["x"] if x is not None])
    bottom, top = _reach(chart, series)

    def place_x(value: float) -> float:
        return 100 * (value - left) / (right - left)

    def place_y(value: float) -> float:
        return 100 * (1 - (min(max(value, bottom), top) - bottom) / (top - bottom))

    lines = tuple(
        _bars(each, n, place_x, place_y)
        if chart["kind"] == "bins"
        else _line(each, n, place_x, place_y)
        for n, each in enumerate(series)
    )
    marks = tuple(top - (top - bottom) * step / STEPS for step in range(STEPS + 1))
    level = chart.get("level")
    reliability = chart["kind"] == "reliability"
    low, high = max(left, bottom), min(right, top)
    return Drawn(
        name=chart["name"],
        words=chart["words"],
        x_words=chart["x_words"],
        y_words=chart["y_words"],
        lines=lines,
        level_y="" if level is None else f"{place_y(level):.2f}",
        diagonal=(
            f"M{place_x(low):.2f} {place_y(low):.2f} L{place_x(high):.2f} {place_y(high):.2f}"
            if reliability
            else ""
        ),
        grid_y=tuple(f"{place_y(mark):.2f}" for mark in marks),
        y_marks=marks,
        x_marks=(left, (left + right) / 2, right),
        x_names=tuple(chart.get("x_names") or ()),
    )


def _span(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the greatest; never nothing wide."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _reach(chart: dict[str, Any], series: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """The y axis: from 0, or a value below it, to the chart's top or a round number."""
    values = [
        value
        for each in series
        for value in (*each["y"], *each.get("high", ()), *each.get("low", ()))
        if value is not None
    ]
    values += [chart["level"]] if chart.get("level") is not None else []
    low = min([0.0, *values])
    if chart.get("y_top") is not None:
        return low, float(chart["y_top"])
    high = max([*values, low + 1e-9])
    unit = 10 ** math.floor(math.log10(high - low)) / 2
    return low, math.ceil(high / unit - 1e-9) * unit


def _line(series: dict[str, Any], number: int, place_x: Any, place_y: Any) -> Line:
    pairs = zip(series["x"], series["y"], strict=True)
    points = [(x, y) for x, y in pairs if x is not None and y is not None]
    path = (
        "M" + " L".join(f"{place_x(x):.2f} {place_y(y):.2f}" for x, y in points) if points else ""
    )
    return Line(series["words"], number, path, _band(series, place_x, place_y), ())


def _band(series: dict[str, Any], place_x: Any, place_y: Any) -> str:
    low, high = series.get("low") or (), series.get("high") or ()
    if len(low) != len(series["x"]) or len(high) != len(series["x"]):
        return ""
    edges = [
        (x, lo, hi)
        for x, lo, hi in zip(series["x"], low, high, strict=True)
        if lo is not None and hi is not None
    ]
    upper = [f"{place_x(x):.2f} {place_y(hi):.2f}" for x, _, hi in edges]
    lower = [f"{place_x(x):.2f} {place_y(lo):.2f}" for x, lo, _ in reversed(edges)]
    return "M" + " L".join([*upper, *lower]) + " Z" if edges else ""


def _bars(series: dict[str, Any], number: int, place_x: Any, place_y: Any) -> Line:
    """Bars between neighbouring edges: one more x than y."""
    foot = place_y(0.0)
    bars = tuple(
        (
            f"{place_x(left):.2f}",
            f"{place_y(value):.2f}",
            f"{max(place_x(right) - place_x(left) - 0.2, 0.1):.2f}",
            f"{max(foot - place_y(value), 0.0):.2f}",
        )
        for left, right, value in zip(series["x"], series["x"][1:], series["y"], strict=False)
        if value is not None
    )
    return Line(series["words"], number, "", "", bars)
