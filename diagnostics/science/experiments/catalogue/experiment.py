"""What an experiment of the registry is: why, which factor, what it needs, what to expect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from diagnostics.science.experiments.design.claims import Direction, Expectation
from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.settings import Settings

BASELINE = "baseline"


@dataclass(frozen=True)
class Need:
    """Something that the material has to hold: `words` name it, `mend` says how to get it."""

    name: str
    words: str
    mend: str
    check: Callable[[Material], bool]


@dataclass(frozen=True)
class Option:
    """A choice that whoever starts the experiment has; `choices` in the order they are offered.

    `suited`: what is taken for a material where nothing is chosen; without it `default` is.
    """

    name: str
    words: str
    default: Any
    choices: tuple[Any, ...]
    suited: Callable[[Material], Any] | None = None


@dataclass(frozen=True)
class Planned:
    """An arm, and what becomes of it against its control if the cause is real; None: nothing.

    `decides`: its comparison is the one that the experiment is concluded from.
    """

    arm: Arm
    expectation: Expectation | None = None
    decides: bool = False


Plan = Callable[[Settings, Mapping[str, Any]], tuple[Planned, ...]]


@dataclass(frozen=True)
class ExperimentKind:
    """One experiment. Words are English source texts without numbers or names from data.

    `cause`: a name of the causes' catalogue. `factor`: what is changed, in words. `expect`: what
    should be seen if the cause is real. `focus`: the samples that it is read on first: 'all', or
    'place' (questions for a place), 'out of domain', 'missing' (a modality is not there).
    """

    name: str
    cause: str
    title: str
    why: str
    factor: str
    expect: str
    plan: Plan
    needs: tuple[Need, ...] = ()
    options: tuple[Option, ...] = ()
    focus: str = "all"

    def chosen(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Every option with its value: as given, or its default.

        Raises ValueError for an option that there is not, and for a value that is not offered.
        """
        known = {each.name: each for each in self.options}
        if unknown := set(options) - set(known):
            raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
        for name, value in options.items():
            if value not in known[name].choices:
                offered = ", ".join(str(each) for each in known[name].choices)
                raise ValueError(f"{name} is one of {offered}, not {value}")
        return {name: options.get(name, each.default) for name, each in known.items()}

    def planned(
        self, base: Settings, options: Mapping[str, Any] | None = None
    ) -> tuple[Planned, ...]:
        """Arms and expectations over a baseline's settings. Raises what `chosen` raises."""
        return self.plan(base, self.chosen(options or {}))

    def arms(self, base: Settings, options: Mapping[str, Any] | None = None) -> tuple[Arm, ...]:
        """The arms, the baseline first. Raises what `chosen` raises."""
        return tuple(each.arm for each in self.planned(base, options))

    def expectations(
        self, base: Settings, options: Mapping[str, Any] | None = None
    ) -> dict[str, Expectation]:
        """By arm, the one that decides first. Raises what `chosen` raises."""
        planned = sorted(self.planned(base, options), key=lambda each: not each.decides)
        found = [each.expectation for each in planned]
        return {each.arm: each for each in found if each is not None}


def baseline(base: Settings, words: str) -> Planned:
    """The first arm."""
    return Planned(Arm(BASELINE, words, base))


def step(
    control: Planned,
    name: str,
    words: str,
    direction: Direction | None = None,
    expect: str = "",
    *,
    decides: bool = False,
    **changed: Any,
) -> Planned:
    """An arm that differs from `control` in the settings `changed`."""
    arm = Arm(name, words, replace(control.arm.settings, **changed), control.arm.name)
    expectation = None if direction is None else Expectation(name, direction, expect)
    return Planned(arm, expectation, decides)
