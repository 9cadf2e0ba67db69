"""What a reading says: arms, comparisons, strata, and what may be claimed of each."""

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Literal

from diagnostics.science.measures.documents import finite
from diagnostics.science.measures.results import Chart, Value

Direction = Literal["gain", "loss", "flat"]
# gain, loss: the interval over seeds excludes zero; of several arms that are looked at beside the
# leading one, after Holm's correction too. none_seen: it lies within a point of zero.
# not_settled: neither. no_claim: fewer than three pairs.
Verdict = Literal["gain", "loss", "none_seen", "not_settled", "no_claim"]
# Of a stratum, after Holm's correction over its column.
StratumClaim = Literal["gain", "loss", "none", "too_few", "no_claim"]
# Empty: nothing was expected.
Met = Literal["yes", "no", "open", ""]


@dataclass(frozen=True)
class Expectation:
    """What becomes of an arm's accuracy, against its control, if the cause is real."""

    arm: str
    direction: Direction
    words: str


@dataclass(frozen=True)
class TrialReading:
    """One seed of an arm: mean credit over its tested samples, None where it has none.

    `state`: as the trial ended; missing where it has not.
    """

    seed: int
    state: Literal["done", "diverged", "failed", "missing"]
    credit: float | None = None
    seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class ArmReading:
    """An arm by itself: mean and standard deviation (over k - 1) of its seeds' credits.

    `extra`: means over seeds of the further numbers that its trials left.
    """

    name: str
    words: str
    control: str
    factor: str
    mean: Value
    std: Value
    trials: tuple[TrialReading, ...]
    extra: Mapping[str, Value]


@dataclass(frozen=True)
class SeedDifference:
    """Treated minus control with one seed."""

    seed: int
    difference: float


@dataclass(frozen=True)
class StratumRow:
    """The same comparison among `count` tested samples; adjusted_p: after Holm over the column."""

    label: str
    count: int
    difference: Value
    adjusted_p: float | None
    claim: StratumClaim


@dataclass(frozen=True)
class Strata:
    """A column of the material with a row for each of its labels, the most samples first."""

    column: str
    rows: tuple[StratumRow, ...]


@dataclass(frozen=True)
class ForestRow:
    """One line of a forest plot, in shares (0.01 is a point)."""

    label: str
    estimate: float
    low: float
    high: float
    claimed: bool


@dataclass(frozen=True)
class Conclusion:
    """What was expected if the cause is real, what was seen, and what that means.

    Each is an English source text without numbers or names, so that pages can translate it.
    """

    arm: str
    expected: str
    seen: str
    means: str
    as_expected: Met

    @property
    def text(self) -> str:
        """The three parts as they are read, in English."""
        return " ".join(part for part in (self.expected, self.seen, self.means) if part)


@dataclass(frozen=True)
class Comparison:
    """An arm against its control.

    `difference`: over seeds, with the paired t interval: the claim. `these_runs`: the bootstrap
    over samples, None where the two were not tested on the same samples. `left_out`: seeds without
    a pair. `forest`: all tested samples, then every stratum that has an interval. `direction`:
    what was expected, empty where nothing was. `adjusted_p`: after Holm's correction over the arms
    that are looked at beside the leading one; None of that one, and where nothing may be claimed.
    """

    arm: str
    control: str
    words: str
    control_words: str
    factor: str
    difference: Value
    per_seed: tuple[SeedDifference, ...]
    left_out: tuple[int, ...]
    these_runs: Value | None
    strata: tuple[Strata, ...]
    verdict: Verdict
    direction: Literal["gain", "loss", "flat", ""]
    as_expected: Met
    conclusion: Conclusion
    forest: tuple[ForestRow, ...]
    extra: Mapping[str, Value]
    notes: tuple[str, ...] = ()
    adjusted_p: float | None = None


@dataclass(frozen=True)
class WordRow:
    """Accuracy of the tested questions that hold a word of the role, or the very word.

    `word`: empty for the role as a whole. `accuracy.count`: how many such questions there are.
    """

    word: str
    role: str
    accuracy: Value


@dataclass(frozen=True)
class Reading:
    """An experiment read: `forest` has a row for each comparison that has an interval.

    `conclusion`: of the comparison that matters, the first that something is expected of.
    `charts`: learning curves, mean over seeds with the least and greatest as their band. `by_role`,
    `by_word`: the baseline's accuracy by the words of questions, where arms take words out.
    `commonest`: accuracy of always giving the commonest answer, where the baseline is tested.
    """

    arms: tuple[ArmReading, ...]
    comparisons: tuple[Comparison, ...]
    charts: tuple[Chart, ...]
    forest: tuple[ForestRow, ...]
    conclusion: Conclusion
    by_role: tuple[WordRow, ...] = ()
    by_word: tuple[WordRow, ...] = ()
    commonest: Value | None = None

    def arm(self, name: str) -> ArmReading:
        """The arm of that name. Raises KeyError where there is none."""
        return {each.name: each for each in self.arms}[name]

    def comparison(self, arm: str) -> Comparison:
        """The comparison of that arm with its control. Raises KeyError where there is none."""
        return {each.arm: each for each in self.comparisons}[arm]

    def as_dict(self) -> dict[str, Any]:
        """The reading as JSON has it."""
        stored: dict[str, Any] = finite(asdict(self))
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Reading":
        """Read back what `as_dict` wrote."""
        reading = _rebuilt(cls, stored)
        assert isinstance(reading, cls)
        return reading


def _rebuilt(kind: Any, stored: Any) -> Any:
    """A stored value as the type that a field declares."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if stored is None:
        return None
    if origin in (types.UnionType, typing.Union):
        return _rebuilt(next(each for each in args if each is not type(None)), stored)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known = [each.name for each in fields(kind) if each.name in stored]
        return typing.cast("Any", kind)(
            **{name: _rebuilt(hints[name], stored[name]) for name in known}
        )
    if origin is tuple:
        return tuple(_rebuilt(args[0], each) for each in stored)
    if origin is not None and origin is not Literal:
        return {key: _rebuilt(args[1], each) for key, each in stored.items()}
    return stored
