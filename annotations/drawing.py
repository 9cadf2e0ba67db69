"""Seeded random draws of error samples, which anyone can repeat.

To repeat a simple random draw: sort the sample ids by their UTF-8 bytes (for text this is Python's
`sorted`), take `numpy.random.default_rng(seed).permutation(len(ids))` (PCG64), and read off the
ids in that order. Where the protocol collects c errors first, the first c of the permutation are
the population; the first `size` are drawn, in that order. A part of a random permutation is a
simple random sample of it, so the draw is one of the collected errors as well as of all.
"""

import hashlib
import itertools
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from annotations.estimation.protocols import Protocol

SIMPLE_RANDOM = "simple_random"


class NothingToDraw(ValueError):  # noqa: N818 - it says what happened, as StopIteration does
    """The frame holds no error sample."""


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


def _draw(sample_ids: Iterable[str], size: int, seed: int, collected: int | None) -> Draw:
    if size < 1:
        raise ValueError(f"the size of a draw must be at least 1, not {size}")
    if seed < 0:
        raise ValueError(f"a seed cannot be negative: {seed}")
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
