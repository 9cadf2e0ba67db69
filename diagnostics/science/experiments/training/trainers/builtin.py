"""The built-in trainer: a compact fusion model over frozen regions, all seeds of an arm at once.

Arms that train alike are trained once and tested each. Groups of arms are trained side by side in
threads where `workers` says so; torch computes with one thread in each of them, so that the bits of
a trial do not depend on how many there are.
"""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import (
    Keeper,
    Outcome,
    Stopped,
    TrainingRefused,
)
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.training.trainers.group import JointTraining, Size
from diagnostics.science.experiments.training.trainers.kept import Keeping
from triage.science.progress import Progress

Report = tuple[int, float, str]


@dataclass(frozen=True)
class BuiltinTrainer:
    """`device`: 'cpu', 'cuda', or 'auto' for a GPU where there is one.

    On a GPU the seeds' bits may depend on how many are batched; there a trial is repeated with the
    seeds that it had. `workers`: groups of arms that are trained at once, each in a thread.
    """

    epochs: int = Size.epochs
    batch: int = Size.batch
    learning_rate: float = Size.learning_rate
    weight_decay: float = Size.weight_decay
    least_steps: int = Size.least_steps
    width: int = Size.width
    layers: int = Size.layers
    device: str = "auto"
    workers: int = 1
    name: str = "builtin"

    def configuration(self) -> dict[str, Any]:
        """Everything that a trial's bits depend on besides material, arm and seed."""
        import torch

        kept = asdict(self)
        # How many are trained at once changes nothing.
        del kept["workers"]
        return {
            **kept,
            "device": self._device(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
            "blas": "mkl" if torch.backends.mkl.is_available() else "other",
            "instructions": torch.backends.cpu.get_cpu_capability(),
        }

    def run(
        self,
        material: Material,
        arms: Sequence[Arm],
        seeds: Sequence[int],
        progress: Progress,
        keeper: Keeper | None = None,
    ) -> list[Outcome]:
        """Outcomes by arm, then by seed, in the order given.

        With a `keeper`, a training that was cut off goes on after an epoch that it has kept.
        Raises TrainingRefused where the material does not allow it, and Stopped where `progress`
        raises it.
        """
        from diagnostics.science.experiments.training.batched import one_thread

        if not len(material.regions):
            raise TrainingRefused("the run has no pictures and no image embeddings to train on")
        grouped: dict[Settings, list[Arm]] = {}
        for arm in arms:
            grouped.setdefault(arm.settings.for_training(), []).append(arm)
        size = Size(
            self.epochs,
            self.batch,
            self.learning_rate,
            self.weight_decay,
            self.least_steps,
            self.width,
            self.layers,
        )
        keeping = Keeping(keeper, self.configuration()) if keeper is not None else None
        groups = [
            JointTraining(
                material, settings, tuple(alike), tuple(seeds), size, self._device(), keeping
            )
            for settings, alike in grouped.items()
        ]
        with one_thread():
            found = [
                each for outcomes in _run_all(groups, self.workers, progress) for each in outcomes
            ]
        by_trial = {(each.arm, each.seed): each for each in found}
        return [by_trial[arm.name, seed] for arm in arms for seed in seeds]

    def _device(self) -> str:
        import torch

        if self.device != "auto":
            return self.device
        return "cuda" if torch.cuda.is_available() else "cpu"


def _run_all(
    groups: Sequence[JointTraining], workers: int, progress: Progress
) -> list[list[Outcome]]:
    """Run every group; `progress` is called in this thread alone, and what it raises stops all."""
    if workers == 1 or len(groups) == 1:
        found = []
        for number, group in enumerate(groups):
            start = number / len(groups)

            def report(share: float, step: str, start: float = start) -> None:
                progress(start + share / len(groups), step)

            found.append(group.run(report))
        return found
    reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
    stopping = threading.Event()
    with ThreadPoolExecutor(workers) as pool:
        running = [
            pool.submit(_run_one, group, number, reports, stopping)
            for number, group in enumerate(groups)
        ]
        try:
            _follow(running, reports, progress)
            return [each.result() for each in running]
        finally:
            stopping.set()


def _run_one(
    group: JointTraining,
    number: int,
    reports: "queue.SimpleQueue[Report]",
    stopping: threading.Event,
) -> list[Outcome]:
    def report(share: float, step: str) -> None:
        if stopping.is_set():
            raise Stopped("another group of arms was stopped")
        reports.put((number, share, step))

    report(0.0, "")
    return group.run(report)


def _follow(
    running: Sequence["Future[list[Outcome]]"],
    reports: "queue.SimpleQueue[Report]",
    progress: Progress,
) -> None:
    """Pass reports on until all are done, or one of them failed."""
    shares = [0.0] * len(running)
    while True:
        done = all(each.done() for each in running)
        failed = any(each.done() and each.exception() is not None for each in running)
        while not reports.empty():
            number, shares[number], step = reports.get()
            progress(sum(shares) / len(shares), step)
        if done or failed:
            for each in running:
                if each.done():
                    each.result()
            return
        time.sleep(0.02)
