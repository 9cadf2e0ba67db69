"""Samples for tests of measures: columns as plainly as they are meant."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diagnostics.science.measures.samples import Groups, Samples


def group(names: Sequence[str | None]) -> Groups:
    """A column of names."""
    labels = sorted({name for name in names if name is not None})
    codes = [labels.index(name) if name is not None else -1 for name in names]
    return Groups(np.array(codes, dtype=np.int32), tuple(labels))


def samples_of(
    credit: Sequence[float],
    groups: Mapping[str, Sequence[str | None]] | None = None,
    numbers: Mapping[str, Sequence[float]] | None = None,
    **more: Any,
) -> Samples:
    """A run of samples with these credits, columns of names and numbers."""
    credits = np.asarray(credit, dtype=float)
    return Samples(
        position=np.arange(len(credits)) * 2,
        credit=credits,
        error=credits < 0.5,
        groups={name: group(names) for name, names in (groups or {}).items()},
        numbers={name: np.asarray(each, dtype=float) for name, each in (numbers or {}).items()},
        **more,
    )


def value(result: Any, name: str) -> Any:
    """The value of a figure that has to be there."""
    figure = result.figure(name)
    assert figure is not None, name
    return figure.value


def behind(result: Any, name: str) -> list[int]:
    """The positions behind a figure."""
    figure = result.figure(name)
    assert figure is not None, name
    return list(figure.behind.positions)
