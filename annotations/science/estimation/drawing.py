"""Seeded random draws of error samples, which anyone can repeat.

To repeat a simple random draw: sort the sample ids by their UTF-8 bytes (for text this is Python's
`sorted`), take `numpy.random.default_rng(seed).permutation(len(ids))` (PCG64), and read off the
ids in that order. Where the protocol collects c errors first, the first c of the permutation are
the population; the first `size` are drawn, in that order. A part of a random permutation is a
simple random sample of it, so the draw is one of the collected errors as well as of all.

To repeat a proportional draw: merge the two smallest clusters (by size, then by smallest cluster
number) until each stratum expects at least two items; share out the size by largest remainder;
with one generator for all, take a permutation of each stratum's sorted ids in turn (strata in
order of their smallest cluster number) and its first items, then order what was drawn by one more
permutation.
"""

import hashlib
import heapq
import itertools
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotations.science.estimation.protocols import Protocol

SIMPLE_RANDOM = "simple_random"
PROPORTIONAL = "proportional_per_cluster"
# Fewer expected items than this leave a stratum without a variance: it is merged.
FEWEST_PER_STRATUM = 2


class NothingToDraw(ValueError):
    """The frame holds no error sample."""


@dataclass(frozen=True)
class Stratum:
    """One or more clusters that are drawn from together."""

    clusters: tuple[int, ...]
    population: int
    drawn: int


@dataclass(frozen=True)
class Draw:
    """Which errors were drawn, in the order in which they are served.

    `frame`: the population, sorted; `errors`: how many there were before some were collected.
    """

    order: list[str]
    population: int
    frame_sha256: str
    seed: int
    design: str
    census: bool
    frame: list[str]
    errors: int
    strata: tuple[Stratum, ...] = ()


def draw_simple_random(sample_ids: Iterable[str], size: int, seed: int) -> Draw:
    """Draw `size` of the ids at random, all of them (a census) where there are not more.

    Raises NothingToDraw for no ids, ValueError for a repeated id, a size < 1 or a negative seed.
    """
    return _draw(sample_ids, size, seed, collected=None)


def draw_by_protocol(sample_ids: Iterable[str], protocol: Protocol, seed: int) -> Draw:
    """Draw as the protocol says, collecting a random part of the errors first if it says so.

    Raises as `draw_simple_random`.
    """
    return _draw(sample_ids, protocol.size, seed, protocol.collected)


def draw_proportional_by_protocol(
    cluster_of: Mapping[str, int], protocol: Protocol, seed: int
) -> Draw:
    """Draw per cluster, of a random part of the errors where the protocol collects some first.

    The part is the one that `draw_by_protocol` collects with the same seed. Raises as
    `draw_simple_random`.
    """
    collected = draw_simple_random(cluster_of, protocol.population_of(len(cluster_of)) or 1, seed)
    kept = {sample_id: cluster_of[sample_id] for sample_id in collected.order}
    return replace(draw_proportional(kept, protocol.size, seed), errors=len(cluster_of))


def draw_proportional(cluster_of: Mapping[str, int], size: int, seed: int) -> Draw:
    """Draw from every cluster in proportion to its errors, tiny clusters together.

    `cluster_of`: cluster by sample id; -1 (unclustered) is a stratum like any other. All are drawn
    where there are not more than `size`. Raises as `draw_simple_random`.
    """
    _check(size, seed)
    frame = sorted_frame(cluster_of)
    members: dict[int, list[str]] = {}
    for sample_id in frame:
        members.setdefault(cluster_of[sample_id], []).append(sample_id)
    drawn = min(size, len(frame))
    groups = _merged(members, drawn)
    shares = largest_remainder([len(ids) for _, ids in groups], drawn)
    rng = np.random.default_rng(seed)
    picked = [
        ids[index]
        for (_, ids), share in zip(groups, shares, strict=True)
        for index in rng.permutation(len(ids))[:share]
    ]
    return Draw(
        order=[picked[index] for index in rng.permutation(len(picked))],
        population=len(frame),
        frame_sha256=frame_sha256(frame),
        seed=seed,
        design=PROPORTIONAL,
        census=drawn == len(frame),
        frame=frame,
        errors=len(frame),
        strata=tuple(
            Stratum(clusters, len(ids), share)
            for (clusters, ids), share in zip(groups, shares, strict=True)
        ),
    )


def largest_remainder(sizes: Sequence[int], seats: int) -> list[int]:
    """Share out `seats` in proportion to `sizes`: whole parts, then the largest remainders.

    A tie goes to the earlier one. Raises ValueError unless 0 <= seats <= sum(sizes).
    """
    total = sum(sizes)
    if not 0 <= seats <= total:
        raise ValueError(f"{seats} seats cannot be shared out among {total}")
    if total == 0:
        return [0] * len(sizes)
    # Whole numbers throughout: size * seats = whole * total + remainder.
    whole = [size * seats // total for size in sizes]
    by_remainder = sorted(
        range(len(sizes)), key=lambda index: (-(sizes[index] * seats % total), index)
    )
    for index in by_remainder[: seats - sum(whole)]:
        whole[index] += 1
    return whole


def fresh_seed() -> int:
    """A seed nobody chose: 62 random bits, which every database's big integer holds."""
    return secrets.randbits(62)


def frame_sha256(sorted_ids: Sequence[str]) -> str:
    """The fingerprint of a frame: SHA-256 over its ids in order, each as a line of JSON."""
    digest = hashlib.sha256()
    for sample_id in sorted_ids:
        digest.update(json.dumps(sample_id, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def sorted_frame(sample_ids: Iterable[str]) -> list[str]:
    """The ids sorted by their UTF-8 bytes. Raises NothingToDraw, or ValueError for repeats."""
    # UTF-8 was made so that its bytes sort as its code points do, which is how Python compares.
    frame = sorted(sample_ids)
    if not frame:
        raise NothingToDraw("there is no error sample to draw from")
    for left, right in itertools.pairwise(frame):
        if left == right:
            raise ValueError(f"the sample id {left!r} is in the frame twice")
    return frame


def _check(size: int, seed: int) -> None:
    if size < 1:
        raise ValueError(f"the size of a draw must be at least 1, not {size}")
    if seed < 0:
        raise ValueError(f"a seed cannot be negative: {seed}")


def _merged(
    members: Mapping[int, list[str]], drawn: int
) -> list[tuple[tuple[int, ...], list[str]]]:
    """Clusters, the smallest merged until each expects enough items, with their sorted ids."""
    total = sum(len(ids) for ids in members.values())
    heap: list[tuple[int, tuple[int, ...], list[str]]] = [
        (len(ids), (cluster,), ids) for cluster, ids in members.items()
    ]
    heapq.heapify(heap)
    while len(heap) > 1 and heap[0][0] * drawn < FEWEST_PER_STRATUM * total:
        _, one_clusters, one = heapq.heappop(heap)
        _, two_clusters, two = heapq.heappop(heap)
        both = sorted(one + two)
        heapq.heappush(heap, (len(both), tuple(sorted(one_clusters + two_clusters)), both))
    return sorted((clusters, ids) for _, clusters, ids in heap)


def _draw(sample_ids: Iterable[str], size: int, seed: int, collected: int | None) -> Draw:
    _check(size, seed)
    errors = sorted_frame(sample_ids)
    permutation = np.random.default_rng(seed).permutation(len(errors))
    if collected is not None and collected < len(errors):
        frame = [errors[index] for index in np.sort(permutation[:collected])]
    else:
        frame = errors
    drawn = min(size, len(frame))
    return Draw(
        order=[errors[index] for index in permutation[:drawn]],
        population=len(frame),
        frame_sha256=frame_sha256(frame),
        seed=seed,
        design=SIMPLE_RANDOM,
        census=drawn == len(frame),
        frame=frame,
        errors=len(errors),
    )
