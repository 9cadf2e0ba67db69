"""The estimate as it grew, as shapes for an inline SVG.

The picture is a 100 x 100 square that the page stretches to its width; axis words are HTML around
it, so that they keep their size on a phone. Shapes carry classes only: colours come from the style
sheet, in light and dark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol


class Look(Protocol):
    """What the chart needs of one step of the estimate (shares 0..1)."""

    @property
    def decided(self) -> int: ...
    @property
    def point(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


@dataclass(frozen=True)
class GrowthChart:
    """Paths in a 100 x 100 box (y down), and the words for its axes."""

    band: str
    line: str
    threshold_y: str
    grid_y: tuple[str, ...]
    shares: tuple[float, ...]  # top first, for the words beside the grid lines
    counts: tuple[int, ...]  # left to right, for the words below


STEPS = 4


def _top(looks: Sequence[Look], threshold: float) -> float:
    """The share at the upper edge: holds the last interval and the threshold, in steps of 20 %.

    The first looks have intervals up to 100 % and may run out of the picture: the edge clips them.
    """
    settled = looks[len(looks) // 4 :] or looks
    reach = max([*(look.high for look in settled), threshold * 1.25])
    return min(ceil(reach * 5 - 1e-9) / 5, 1.0)


def draw_growth(looks: Sequence[Look], threshold: float) -> GrowthChart | None:
    """Shapes for `looks` (draw order, `decided` increasing); None when nothing is decided."""
    if not looks:
        return None
    top, last = _top(looks, threshold), looks[-1].decided

    def x(count: int) -> str:
        return f"{100 * count / last:.2f}"

    def y(share: float) -> str:
        return f"{100 * (1 - min(share, top) / top):.2f}"

    # Steps, not slopes: between two verdicts the estimate does not move.
    upper, lower, line, before = [], [], [], 0
    for look in looks:
        left, right = x(before), x(look.decided)
        before = look.decided
        upper += [f"{left} {y(look.high)}", f"{right} {y(look.high)}"]
        lower += [f"{left} {y(look.low)}", f"{right} {y(look.low)}"]
        line += [f"{left} {y(look.point)}", f"{right} {y(look.point)}"]
    shares = tuple(top * (STEPS - step) / STEPS for step in range(STEPS + 1))
    return GrowthChart(
        band="M" + " L".join([*upper, *reversed(lower)]) + " Z",
        line="M" + " L".join(line),
        threshold_y=y(threshold),
        grid_y=tuple(y(share) for share in shares),
        shares=shares,
        counts=tuple(dict.fromkeys((0, last // 2, last))),
    )
