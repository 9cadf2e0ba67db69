"""What a trial leaves behind, and what every trainer is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.measures.samples import Floats
from triage.science.progress import Progress

# done: credits are there. diverged: the loss was no longer a number. failed: `why` says how.
State = Literal["done", "diverged", "failed"]


class TrainingRefused(ValueError):
    """This material cannot be trained on so; the message says what is missing and what to do."""


class Stopped(RuntimeError):
    """The person who started the experiment stopped it."""


@dataclass(frozen=True)
class Outcome:
    """One trial: an arm with a seed.

    `rows` (m): rows of the material (of its target where the arm is tested on another run) that
    were tested; `credit` (m): 0..1 by the scoring rule; `predictions` (m); `confidence` (m).
    `curve`: after each epoch, the mean training loss and the credit on a draw of the tested samples
    (NaN where it was not read). `extra`: further numbers, by name, such as hits of a box head.
    """

    arm: str
    seed: int
    state: State
    rows: npt.NDArray[np.int64]
    credit: Floats
    predictions: npt.NDArray[np.str_]
    confidence: Floats
    curve: tuple[tuple[float, float], ...] = ()
    seconds: float = 0.0
    why: str = ""
    extra: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def without_result(cls, arm: str, seed: int, state: State, why: str) -> "Outcome":
        """A trial that ended without credits."""
        nothing = np.zeros(0)
        texts = np.zeros(0, dtype=np.str_)
        return cls(arm, seed, state, np.zeros(0, np.int64), nothing, texts, nothing, why=why)


class Keeper(Protocol):
    """Keeps what an unfinished training has come to, for one that is taken up after a crash."""

    def load(self, name: str) -> bytes | None:
        """What was kept last under this name; None where there is nothing. Raises OSError."""
        ...

    def save(self, name: str, data: bytes) -> None:
        """Keep it instead of what was kept before: all of it or nothing. Raises OSError."""
        ...


class Trainer(Protocol):
    """Trains arms and tests them; the same material, arms and seeds give the same bits."""

    name: str

    def configuration(self) -> dict[str, Any]:
        """Everything that a trial's bits depend on besides material, arm and seed."""
        ...

    def run(
        self,
        material: Material,
        arms: Sequence[Arm],
        seeds: Sequence[int],
        progress: Progress,
        keeper: Keeper | None = None,
    ) -> list[Outcome]:
        """Train arms that train alike (`Settings.for_training`) once per seed, and test each arm.

        A trainer that can goes on from what `keeper` has of the same training, with the same bits.
        Raises TrainingRefused where the material does not allow it.
        """
        ...
