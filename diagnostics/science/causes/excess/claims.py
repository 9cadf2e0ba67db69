"""What a static reading of a run says: claims, the leading one, gaps, and what stays open."""

from dataclasses import dataclass

from diagnostics.science.causes.excess.gaps import Gap
from diagnostics.science.causes.excess.near_misses import NearMisses


@dataclass(frozen=True)
class Claim:
    """One cause that the file itself carries.

    `source`: the sign that carries it. `share` of all evaluation errors (0..1) with `low` and
    `high`, simultaneous over all tests of the run; signs are incomplete, so it is "at least".
    `p`: that the share is no more than its tolerance, adjusted by Holm. `what_would_settle`: the
    name of what would decide the matter beyond a file (people, intervention, experiment).
    """

    cause: str
    source: str
    share: float
    low: float
    high: float
    p: float
    what_would_settle: str


@dataclass(frozen=True)
class Undetermined:
    """A cause that nothing carries: why, by name, and what would settle it. Not: its absence."""

    cause: str
    why: str
    what_would_settle: str


@dataclass(frozen=True)
class Claims:
    """`leading`: the claim with the largest share, or None. `claims`: the largest share first, one
    for each cause. `undetermined`: all other causes. `gaps` and `near_misses` are figures, not
    claims."""

    leading: Claim | None
    claims: tuple[Claim, ...]
    undetermined: tuple[Undetermined, ...]
    gaps: tuple[Gap, ...] = ()
    near_misses: NearMisses | None = None
