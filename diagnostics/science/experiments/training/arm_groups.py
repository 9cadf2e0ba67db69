"""Trials as they are trained: arms that train alike go together, and share one training a seed."""

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome, Stopped, TrainingRefused
from diagnostics.science.experiments.training.files import ExperimentFiles
from diagnostics.science.experiments.training.trainers.registry import trainer
from triage.science.processes import die_with_parent

log = logging.getLogger(__name__)
WHY_LENGTH = 2000


@dataclass(frozen=True)
class TrialGroup:
    """Arms with the same settings for training, and the seeds that are left of them."""

    number: int
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]

    @property
    def trials(self) -> tuple[tuple[str, int], ...]:
        """Every arm with every seed."""
        return tuple((arm.name, seed) for arm in self.arms for seed in self.seeds)

    @property
    def name(self) -> str:
        """The same for the same arms and seeds, whichever groups are left beside it."""
        trials = json.dumps([[arm.name for arm in self.arms], self.seeds])
        return hashlib.sha256(trials.encode()).hexdigest()[:32]

    def without_result(self, why: str) -> list[Outcome]:
        """All its trials as failed."""
        return [
            Outcome.without_result(arm, seed, "failed", why[:WHY_LENGTH])
            for arm, seed in self.trials
        ]


@dataclass(frozen=True)
class Work:
    """What a process needs to train one group. `asked_by`: the process that wants it."""

    group: TrialGroup
    material: Material
    trainer: str
    options: Mapping[str, Any]
    files: ExperimentFiles
    asked_by: int = field(default_factory=os.getpid)


def groups(
    design: Design, left: Collection[tuple[str, int]], *, together: bool
) -> tuple[TrialGroup, ...]:
    """The trials that are `left`, in the order of the design.

    `together`: all seeds of a group in one piece, for a trainer that trains them as one model; else
    each seed is a piece of its own, so that less is lost when the work is cut off.
    """
    alike: dict[Any, list[Arm]] = {}
    for arm in design.arms:
        alike.setdefault(arm.settings.for_training(), []).append(arm)
    found: list[TrialGroup] = []
    for arms in alike.values():
        # Arms of a group may have come to different ends: those with the same seeds left go on.
        by_seeds: dict[tuple[int, ...], list[Arm]] = {}
        for arm in arms:
            seeds = tuple(seed for seed in design.seeds if (arm.name, seed) in left)
            for piece in [seeds] if together else [(seed,) for seed in seeds]:
                if piece:
                    by_seeds.setdefault(piece, []).append(arm)
        for seeds, members in by_seeds.items():
            found.append(TrialGroup(len(found), tuple(members), seeds))
    return tuple(found)


def train(work: Work) -> list[Outcome] | None:
    """Train and test one group; None where somebody asked to stop.

    Nothing that goes wrong with a group takes the others with it: its trials end as failed.
    """
    if os.getppid() == work.asked_by:
        # A pool's processes would wait for ever for more work from one that was killed.
        die_with_parent()
    group, tell = work.group, work.files.teller(work.group.number)
    keeper = work.files.keeper(group.name)
    # What another process shares is read-only, and nobody writes to it: no need to be told.
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    try:
        found = trainer(work.trainer, **work.options)
        tell(0.0, ", ".join(arm.name for arm in group.arms))
        return found.run(work.material, group.arms, group.seeds, tell, keeper)
    except Stopped:
        return None
    except TrainingRefused as reason:
        return group.without_result(str(reason))
    except Exception as problem:
        log.exception("the trials of %s failed", group.arms[0].name)
        return group.without_result(f"{type(problem).__name__}: {problem}")
