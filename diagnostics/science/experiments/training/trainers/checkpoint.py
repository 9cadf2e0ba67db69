"""Fine-tuning of a real vision-language checkpoint with the samples, weights and splits of an arm.

torch and transformers are imported only when something is trained.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import (
    Keeper,
    Outcome,
    Stopped,
    TrainingRefused,
)
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material.treatment import (
    Examples,
    credits,
    tested_examples,
    training_examples,
)
from triage.science.progress import Progress

if TYPE_CHECKING:
    from diagnostics.science.experiments.training.trainers.vision_language import Learner, Shown

# The picture in that row of `Material.regions`; None where it cannot be had.
LoadImage = Callable[[int], Image.Image | None]
# Factors that need the built-in model's own parts, or varied features instead of pictures.
NOT_HONOURED = ("placed", "relations", "attended", "contrastive", "augmented")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. `learning_rate` 0: 5e-5 for a whole ViLT, 2e-4 for an adapter.

    `threads` of torch on a processor: another number may round otherwise. `watched`: tested samples
    that are asked after every epoch for the learning curve.
    """

    epochs: int = 3
    batch: int = 16
    learning_rate: float = 0.0
    weight_decay: float = 0.01
    rank: int = 8
    alpha: int = 16
    threads: int = 1
    watched: int = 64


@dataclass(frozen=True)
class CheckpointTrainer:
    """Trains `model` (a local folder or a hub id) anew for every arm and seed.

    `load_image` hands out the picture in a row of `Material.regions`, `load_target_image` the same
    for the material's target: both have to be picklable where trials run in other processes.
    """

    model: str
    load_image: LoadImage
    load_target_image: LoadImage | None = None
    revision: str = "main"
    schedule: Schedule = field(default_factory=Schedule)
    name: str = field(default="checkpoint", init=False)

    def configuration(self) -> dict[str, Any]:
        """The checkpoint by its contents, the schedule, and the versions of what trains it."""
        return {
            "trainer": self.name,
            "model": self.model,
            "revision": self.revision,
            "checksum": _checksum(self.model),
            "schedule": asdict(self.schedule),
            "versions": {name: _version(name) for name in ("torch", "transformers", "peft")},
        }

    def run(
        self,
        material: Material,
        arms: Sequence[Arm],
        seeds: Sequence[int],
        progress: Progress,
        keeper: Keeper | None = None,
    ) -> list[Outcome]:
        """Train arms that train alike once per seed, and test each; nothing is kept in between.

        Raises TrainingRefused for a factor that no checkpoint can honour (the message names it), a
        checkpoint that cannot be had, and material that does not allow an arm.
        """
        from diagnostics.science.experiments.training.trainers.vision_language import family

        for arm in arms:
            _refuse_not_honoured(arm)
        family(self.model, self.revision)
        alike: dict[Settings, list[Arm]] = {}
        for arm in arms:
            alike.setdefault(arm.settings.for_training(), []).append(arm)
        found: dict[tuple[str, int], Outcome] = {}
        trials = [(group, seed) for group in alike.values() for seed in seeds]
        for number, (group, seed) in enumerate(trials):
            part = _Part(progress, number, len(trials), f"{group[0].name}, seed {seed}")
            for outcome in self._trained(material, group, seed, part):
                found[outcome.arm, seed] = outcome
        return [found[arm.name, seed] for arm in arms for seed in seeds]

    def _trained(
        self, material: Material, arms: Sequence[Arm], seed: int, part: "_Part"
    ) -> list[Outcome]:
        """Outcomes of arms that train alike; what torch refuses to compute is a failed trial."""
        started = time.monotonic()
        examples = training_examples(material, arms[0].settings, seed)
        tests = [(arm, tested_examples(material, arm.settings, seed)) for arm in arms]
        with _repeatable(seed, self.schedule.threads) as device:
            try:
                trial = _Trial(self, material, seed, device, part)
                learner, curve = trial.train(examples, *tests[0])
                if learner is None:
                    return [_diverged(arm, seed, curve) for arm in arms]
                return [trial.tested(learner, arm, tested, curve, started) for arm, tested in tests]
            except Stopped:
                raise
            except RuntimeError as problem:
                why = str(problem)[:2000]
                return [Outcome.without_result(arm.name, seed, "failed", why) for arm in arms]


@dataclass(frozen=True)
class _Part:
    """One training among several, as a share of the whole."""

    progress: Progress
    number: int
    count: int
    words: str

    def __call__(self, share: float, step: str) -> None:
        self.progress((self.number + share) / self.count, f"{step}: {self.words}")


@dataclass(frozen=True)
class _Trial:
    """One checkpoint that is trained with one seed."""

    trainer: CheckpointTrainer
    material: Material
    seed: int
    device: str
    part: _Part

    def train(
        self, examples: Examples, arm: Arm, tested: Examples
    ) -> tuple["Learner | None", tuple[tuple[float, float], ...]]:
        """The trained checkpoint and its curve; no checkpoint where the loss was no number."""
        import torch

        from diagnostics.science.experiments.training.trainers.vision_language import Adapter, load

        plan, settings = self.trainer.schedule, arm.settings
        learner = load(
            self.trainer.model,
            self.trainer.revision,
            Adapter(plan.rank, plan.alpha),
            examples.answers,
            self.device,
        )
        weights = [each for each in learner.module.parameters() if each.requires_grad]
        whole = len(weights) == len(list(learner.module.parameters()))
        rate = plan.learning_rate or (5e-5 if whole else 2e-4)
        optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=plan.weight_decay)
        curve: list[tuple[float, float]] = []
        watched = self._watched(tested)
        for epoch in range(plan.epochs):
            learner.module.train()
            total = 0.0
            for chosen, shown in self._batches(examples, settings, epoch):
                each = learner.losses(shown)
                scale = torch.as_tensor(examples.weight[chosen], dtype=each.dtype)
                loss = (each * scale.to(each.device)).mean()
                total += float(loss.detach()) * len(chosen)
                if not math.isfinite(total):
                    return None, (*curve, (float("nan"), float("nan")))
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(weights, 1.0)
                optimiser.step()
                self.part(epoch / plan.epochs, f"Epoch {epoch + 1} of {plan.epochs}")
            texts, _ = self._answers(learner, watched, arm)
            curve.append((total / len(examples), _mean(self._credit(watched, texts, settings))))
        return learner, tuple(curve)

    def tested(
        self,
        learner: "Learner",
        arm: Arm,
        tested: Examples,
        curve: tuple[tuple[float, float], ...],
        started: float,
    ) -> Outcome:
        """The outcome of one arm."""
        texts, confidence = self._answers(learner, tested, arm)
        return Outcome(
            arm=arm.name,
            seed=self.seed,
            state="done",
            rows=tested.row,
            credit=self._credit(tested, texts, arm.settings),
            predictions=texts,
            confidence=confidence,
            curve=curve,
            seconds=time.monotonic() - started,
        )

    def _credit(self, tested: Examples, texts: Any, settings: Settings) -> Any:
        return credits(self.material, tested, texts, settings)

    def _watched(self, tested: Examples) -> Examples:
        """A draw of the tested samples, the same for every arm and seed."""
        count = min(len(tested), self.trainer.schedule.watched)
        rows = np.sort(np.random.default_rng(0).permutation(len(tested))[:count])
        return Examples(
            row=tested.row[rows],
            questions=tuple(tested.questions[n] for n in rows.tolist()),
            answers=tuple(tested.answers[n] for n in rows.tolist()),
            image=tested.image[rows],
            weight=tested.weight[rows],
            text_blank=tested.text_blank[rows],
        )

    def _batches(
        self, examples: Examples, settings: Settings, epoch: int
    ) -> Iterator[tuple[Any, "Shown"]]:
        """Batches of one epoch in random order, some pictures and questions blanked by chance.

        Each kind of chance has its own generator: arms with the same seed share the others.
        """
        order, wording, answer, image, text = (
            np.random.default_rng([self.seed, epoch, kind]) for kind in range(5)
        )
        count = len(examples)
        asked = [each[wording.integers(len(each))] for each in examples.questions]
        right = [
            (each[start := answer.integers(len(each))], *each[:start], *each[start + 1 :])
            for each in examples.answers
        ]
        no_image = (image.random(count) < settings.dropped_image) | (examples.image < 0)
        no_text = (text.random(count) < settings.dropped_text) | examples.text_blank
        permuted = order.permutation(count)
        for first in range(0, count, self.trainer.schedule.batch):
            chosen = permuted[first : first + self.trainer.schedule.batch]
            yield (
                chosen,
                self._shown(
                    [("" if no_text[n] else asked[n]) for n in chosen],
                    [(-1 if no_image[n] else int(examples.image[n])) for n in chosen],
                    [right[n] for n in chosen],
                    self.trainer.load_image,
                ),
            )

    def _answers(self, learner: "Learner", tested: Examples, arm: Arm) -> tuple[Any, Any]:
        import torch

        other = arm.settings.tested_on == "other"
        load = self.trainer.load_target_image if other else self.trainer.load_image
        if load is None:
            raise TrainingRefused("the pictures of the other run are not at hand")
        learner.module.eval()
        texts: list[str] = []
        confidence: list[float] = []
        batch = self.trainer.schedule.batch
        for first in range(0, len(tested), batch):
            places = range(first, min(first + batch, len(tested)))
            shown = self._shown(
                ["" if tested.text_blank[n] else tested.questions[n][0] for n in places],
                [int(tested.image[n]) for n in places],
                [tested.answers[n] for n in places],
                load,
            )
            with torch.no_grad():
                said, sure = learner.answer(shown)
            texts += said
            confidence += sure
            self.part(1.0, "Testing")
        return np.array(texts, dtype=np.str_), np.array(confidence, dtype=np.float64)

    @staticmethod
    def _shown(
        questions: list[str],
        pictures: list[int],
        answers: list[tuple[str, ...]],
        load: LoadImage,
    ) -> "Shown":
        from diagnostics.science.experiments.training.trainers.vision_language import Shown

        return Shown(questions, [load(n) if n >= 0 else None for n in pictures], answers)


@contextmanager
def _repeatable(seed: int, threads: int) -> Iterator[str]:
    """Seed torch and fix its threads for a while; the device to train on."""
    import torch

    before = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    on_gpu = torch.cuda.is_available()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if not on_gpu:
            # On a GPU some of the sums have no fixed order; there the seed fixes the draws alone.
            torch.use_deterministic_algorithms(True)
            torch.set_num_threads(threads)
        try:
            yield "cuda" if on_gpu else "cpu"
        finally:
            torch.use_deterministic_algorithms(before[0])
            torch.set_num_threads(before[1])


def _refuse_not_honoured(arm: Arm) -> None:
    default = Settings()
    for factor in NOT_HONOURED:
        if getattr(arm.settings, factor) != getattr(default, factor):
            raise TrainingRefused(
                f"“{arm.name}” changes {factor}, which a checkpoint cannot honour: "
                "the built-in trainer can"
            )


def _diverged(arm: Arm, seed: int, curve: tuple[tuple[float, float], ...]) -> Outcome:
    why = f"the training loss was no number in epoch {len(curve)}"
    return Outcome.without_result(arm.name, seed, "diverged", why)


def _mean(credit: Any) -> float:
    return float(np.mean(credit)) if len(credit) else float("nan")


def _checksum(model: str) -> str:
    """SHA-256 over the names and contents of a local checkpoint's files; empty for a hub id."""
    folder = Path(model).expanduser()
    if not folder.is_dir():
        return ""
    found = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.update(str(path.relative_to(folder)).encode())
        with path.open("rb") as stream:
            found.update(hashlib.file_digest(stream, "sha256").digest())
    return found.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
