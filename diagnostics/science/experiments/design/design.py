"""The design of an experiment: arms that differ from their control in one factor, and seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnostics.science.experiments.design.settings import Settings, differences

FEWEST_SEEDS, MOST_SEEDS, USUAL_SEEDS = 3, 5, 5


class DesignRefused(ValueError):
    """The design breaks a rule of experiment; the message says which."""


@dataclass(frozen=True)
class Arm:
    """One treatment. `control`: the name of the arm it is compared with; empty for the baseline."""

    name: str
    words: str
    settings: Settings = field(default_factory=Settings)
    control: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The arm as it is stored."""
        return {
            "name": self.name,
            "words": self.words,
            "settings": self.settings.as_dict(),
            "control": self.control,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Arm":
        """Read back what `as_dict` wrote."""
        settings = Settings.from_dict(stored["settings"])
        return cls(stored["name"], stored["words"], settings, stored["control"])


@dataclass(frozen=True)
class Design:
    """Arms, the baseline first, and the seeds that each is trained with.

    Raises DesignRefused where an arm changes no factor or several, has no control, or a name comes
    twice, and for other than three to five different seeds.
    """

    arms: tuple[Arm, ...]
    seeds: tuple[int, ...] = tuple(range(USUAL_SEEDS))

    def __post_init__(self) -> None:
        _check_seeds(self.seeds)
        names = [arm.name for arm in self.arms]
        if len(self.arms) < 2:
            raise DesignRefused("an experiment needs a control and at least one treatment")
        if len(set(names)) < len(names):
            raise DesignRefused("two arms have the same name")
        if self.arms[0].control:
            raise DesignRefused(f"the first arm, “{names[0]}”, is the baseline: it has no control")
        for place, arm in enumerate(self.arms[1:], start=1):
            _check_arm(arm, {each.name: each for each in self.arms[:place]})

    def arm(self, name: str) -> Arm:
        """The arm of that name. Raises KeyError where there is none."""
        return {each.name: each for each in self.arms}[name]

    def factor(self, arm: Arm) -> str:
        """The one factor in which `arm` differs from its control; empty for the baseline."""
        if not arm.control:
            return ""
        return differences(self.arm(arm.control).settings, arm.settings)[0]

    @property
    def trials(self) -> tuple[tuple[str, int], ...]:
        """Every arm with every seed."""
        return tuple((arm.name, seed) for arm in self.arms for seed in self.seeds)


def _check_seeds(seeds: Sequence[int]) -> None:
    if not FEWEST_SEEDS <= len(seeds) <= MOST_SEEDS:
        raise DesignRefused(
            f"an experiment has {FEWEST_SEEDS} to {MOST_SEEDS} seeds, not {len(seeds)}"
        )
    if len(set(seeds)) < len(seeds):
        raise DesignRefused("a seed comes twice: the same trial says nothing new")


def _check_arm(arm: Arm, before: Mapping[str, Arm]) -> None:
    if arm.control not in before:
        raise DesignRefused(f"“{arm.name}” has no control among the arms before it")
    changed = differences(before[arm.control].settings, arm.settings)
    if not changed:
        raise DesignRefused(f"“{arm.name}” does not differ from its control “{arm.control}”")
    if len(changed) > 1:
        raise DesignRefused(
            f"“{arm.name}” changes {' and '.join(changed)} at once against “{arm.control}”: "
            "one factor at a time, or nobody can say which of them did it"
        )
