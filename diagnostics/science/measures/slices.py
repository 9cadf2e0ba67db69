"""The worst slices of a run: values of a column, and pairs of two, where errors are too many.

Every slice is tested exactly against all other samples (Fisher's one-sided test), and all slices
searched share one Holm correction, so that the chance of even one false slice is at most 5 %. A
pair is reported only if it is worse than each of its parts by more than chance: otherwise its part
says it all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy

from annotations.science.estimation.claims import holm
from diagnostics.science.measures.samples import Bools, Groups

LEAST_SIZE = 20
ALPHA = 0.05
# A column with more values is left out of pairs: its slices would be too small to say anything.
MOST_LABELS = 500


@dataclass(frozen=True)
class Slice:
    """Samples with one value in each of one or two columns."""

    parts: tuple[tuple[str, str], ...]
    samples: int
    errors: int
    rest_rate: float
    p_adjusted: float


@dataclass(frozen=True)
class _Found:
    """Slices of one column or pair: codes of both (second -1 for a single), sizes and errors."""

    names: tuple[str, ...]
    codes: np.ndarray
    sizes: np.ndarray
    errors: np.ndarray


def worst_slices(
    columns: Mapping[str, Groups], error: Bools, chosen: Bools
) -> tuple[list[Slice], int]:
    """Slices with too many errors among the `chosen` samples (n), worst first, and how many
    were searched."""
    total, wrong = int(chosen.sum()), int((error & chosen).sum())
    searched = list(_search(columns, error, chosen))
    count = sum(len(each.sizes) for each in searched)
    if not count or not wrong:
        return [], count
    p_values = np.concatenate(
        [scipy.stats.hypergeom.sf(each.errors - 1, total, wrong, each.sizes) for each in searched]
    )
    adjusted = np.split(
        holm(p_values.tolist()), np.cumsum([len(each.sizes) for each in searched])[:-1]
    )
    alone = {each.names[0]: each for each in searched if len(each.names) == 1}
    found = []
    for each, own in zip(searched, adjusted, strict=True):
        for place in np.flatnonzero(own <= ALPHA):
            if len(each.names) == 1 or _adds(each, int(place), alone, count):
                found.append(_slice(columns, each, int(place), (total, wrong), float(own[place])))
    found.sort(key=lambda one: (one.p_adjusted, -one.errors, one.parts))
    return found, count


def _search(columns: Mapping[str, Groups], error: Bools, chosen: Bools) -> Iterator[_Found]:
    for name, groups in columns.items():
        sizes, wrong = groups.counts(chosen), groups.counts(chosen & error)
        kept = np.flatnonzero((sizes >= LEAST_SIZE) & (sizes < chosen.sum()))
        codes = np.stack([kept, np.full(len(kept), -1)], axis=1)
        yield _Found((name,), codes, sizes[kept], wrong[kept])
    small = {name: each for name, each in columns.items() if len(each.labels) <= MOST_LABELS}
    for first, second in combinations(small, 2):
        yield _pairs((first, small[first]), (second, small[second]), error, chosen)


def _pairs(
    first: tuple[str, Groups], second: tuple[str, Groups], error: Bools, chosen: Bools
) -> _Found:
    (one, a), (other, b) = first, second
    width = len(b.labels)
    both = chosen & (a.codes >= 0) & (b.codes >= 0)
    joined = a.codes[both].astype(np.int64) * width + b.codes[both]
    length = len(a.labels) * width
    sizes = np.bincount(joined, minlength=length)
    wrong = np.bincount(joined[error[both]], minlength=length)
    # A pair that is the whole of one of its parts is that part.
    grid = sizes.reshape(-1, width)
    same = (grid == a.counts(chosen)[:, None]) | (grid == b.counts(chosen)[None, :])
    kept = np.flatnonzero((sizes >= LEAST_SIZE) & ~same.ravel())
    codes = np.stack([kept // width, kept % width], axis=1)
    return _Found((one, other), codes, sizes[kept], wrong[kept])


def _adds(pair: _Found, place: int, alone: Mapping[str, _Found], searched: int) -> bool:
    """Whether a pair is worse than the rest of each part, tested as strictly as all were."""
    size, wrong = int(pair.sizes[place]), int(pair.errors[place])
    for side, name in enumerate(pair.names):
        part = alone[name]
        at = np.flatnonzero(part.codes[:, 0] == pair.codes[place, side])
        if not len(at):
            continue
        whole, errors = int(part.sizes[at[0]]), int(part.errors[at[0]])
        if scipy.stats.hypergeom.sf(wrong - 1, whole, errors, size) > ALPHA / max(searched, 1):
            return False
    return True


def _slice(
    columns: Mapping[str, Groups], each: _Found, place: int, whole: tuple[int, int], p: float
) -> Slice:
    total, wrong = whole
    size, errors = int(each.sizes[place]), int(each.errors[place])
    labels = [
        (name, columns[name].labels[int(code)])
        for name, code in zip(each.names, each.codes[place], strict=False)
    ]
    rest = total - size
    return Slice(tuple(labels), size, errors, (wrong - errors) / rest if rest else 0.0, p)
