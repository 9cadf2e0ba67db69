"""What is claimed of worlds, counted: right claims, and false ones beside them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.independent_worlds.designs import Design
from benchmarks.independent_worlds.writing import World
from diagnostics.science.causes.excess.claiming import claims_of
from diagnostics.science.causes.excess.claims import Claims


@dataclass(frozen=True)
class Outcome:
    """One world and what was claimed of it."""

    design: Design
    claims: Claims
    of_plant: float
    error: float
    train_error: float

    @property
    def claimed(self) -> set[str]:
        return {claim.cause for claim in self.claims.claims}

    @property
    def leading(self) -> str | None:
        return self.claims.leading.cause if self.claims.leading else None


def outcome(world: World) -> Outcome:
    return Outcome(
        world.design,
        claims_of(world.answers),
        world.of_plant,
        world.error,
        world.train_error,
    )


def figures(outcomes: Iterable[Outcome]) -> dict[str, object]:
    """What the outcomes come to; counts as 'k/n'."""
    every = list(outcomes)
    clean = [each for each in every if not each.design.planted]
    one = [each for each in every if len(each.design.planted) == 1]
    two = [each for each in every if len(each.design.planted) == 2]
    false = [cause for each in every for cause in each.claimed - each.design.causes]
    wrong = [each for each in every if each.leading and each.leading not in each.design.causes]
    return {
        "worlds": len(every),
        "clean_called_clean": _of(not each.claimed for each in clean),
        "false_claims": round(len(false) / max(len(every), 1), 3),
        "false_by_cause": dict(Counter(false)),
        "planted_leads": _of(each.leading in each.design.causes for each in one),
        "wrong_leads": f"{len(wrong)}/{len(every)}",
        "wrong_leads_of_one": _of(each in wrong for each in one),
        "nothing_claimed_of_one": _of(not each.claimed for each in one),
        "both_of_two": _of(each.claimed >= each.design.causes for each in two),
        "either_leads_of_two": _of(each.leading in each.design.causes for each in two),
        "by_plant": {
            plant: _of(
                each.leading in each.design.causes for each in one if plant in each.design.planted
            )
            for plant in dict.fromkeys(each.design.planted[0] for each in one)
        },
        "mean_error": round(float(np.mean([each.error for each in every])), 3),
    }


def _of(held: Iterable[bool]) -> str:
    known = list(held)
    return f"{sum(known)}/{len(known)}"
