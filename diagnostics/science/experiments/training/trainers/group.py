"""One training of the built-in trainer: the seeds of arms that train alike, and each arm's test."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import (
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
from diagnostics.science.experiments.training.trainers.kept import Curves, Keeping, Kept
from triage.science.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

    from diagnostics.science.experiments.training.batched import Recipe, Said, Together, Training
    from diagnostics.science.experiments.training.fusion import Sizes
    from diagnostics.science.experiments.training.lessons import Lesson, Vocabulary
    from diagnostics.science.experiments.training.losses import Weights

# Asked samples that the learning curve is read on, and at how many epochs at most.
READ_ON, READ_AT = 256, 12
# Weights of the further losses beside that of the answers.
BOX, ATTENDED, RELATIONS, CONTRASTIVE = 1.0, 1.0, 0.5, 0.3


@dataclass(frozen=True)
class Size:
    """Of the model and of its training."""

    epochs: int = 5
    batch: int = 64
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    least_steps: int = 1200
    width: int = 32
    layers: int = 2

    def recipe(self) -> "Recipe":
        """How it is trained."""
        from diagnostics.science.experiments.training.batched import Recipe

        return Recipe(
            self.epochs, self.batch, self.learning_rate, self.weight_decay, self.least_steps
        )


@dataclass(frozen=True)
class _Student:
    """What one seed learns from, and in which words."""

    seed: int
    vocabulary: "Vocabulary"
    lesson: "Lesson"
    sizes: "Sizes"


@dataclass(frozen=True)
class _Test:
    """An arm's test of one seed, and the draw of it that the learning curve is read on."""

    arm: Arm
    examples: Examples
    drawn: npt.NDArray[np.int64]


@dataclass(frozen=True)
class JointTraining:
    """Arms of equal training settings, trained once per seed.

    `keeping`: where trainings are kept after an epoch, and gone on with; nowhere if None.
    """

    material: Material
    settings: Settings
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    size: Size
    device: str
    keeping: Keeping | None = None

    def run(self, progress: Progress) -> list[Outcome]:
        """Train, and test each arm; torch has one thread. Raises TrainingRefused."""
        progress(0.0, f"Preparing {self.arms[0].words}")
        regions = self._regions()
        students = [self._student(seed) for seed in self.seeds]
        tests = {
            (arm.name, seed): self._test(arm, seed) for seed in self.seeds for arm in self.arms
        }
        batches = self._batches(students)
        found: list[Outcome] = []
        for number, batch in enumerate(batches):
            start = number / len(batches)

            def report(share: float, step: str, start: float = start) -> None:
                progress(start + share / len(batches), step)

            found += self._train(batch, tests, regions, report)
        return found

    def _batches(self, students: Sequence[_Student]) -> list[list[_Student]]:
        """Students whose models and lessons have one size, and can be trained as one."""
        from diagnostics.science.experiments.training.fusion import padded

        batches: dict[tuple[int, ...], list[_Student]] = {}
        for each in students:
            sizes, lesson = each.sizes, each.lesson
            key = (
                len(lesson),
                *lesson.words.shape[1:],
                lesson.right.shape[1],
                padded(sizes.words),
                padded(sizes.answers),
            )
            batches.setdefault(key, []).append(each)
        return list(batches.values())

    def _regions(self) -> "Tensor":
        """The regions' features (v·u, r, d), those of the variations behind the pictures' own."""
        import torch

        own = self.material.regions
        if not self.settings.augmented:
            return torch.from_numpy(own).to(self.device)
        if self.material.varied is None:
            raise TrainingRefused("no varied pictures were described: augmentation needs pictures")
        both = np.concatenate([own[None], self.material.varied])
        return torch.from_numpy(both.reshape(-1, *own.shape[1:])).to(self.device)

    def _student(self, seed: int) -> _Student:
        from diagnostics.science.experiments.training.fusion import Sizes
        from diagnostics.science.experiments.training.lessons import Shown, Vocabulary, lesson_of

        material, settings = self.material, self.settings
        examples = training_examples(material, settings, seed)
        if not len(examples):
            raise TrainingRefused("no sample is left to train on")
        looked_at = material.looked_at[examples.row] if material.looked_at is not None else None
        vocabulary = Vocabulary.of(examples)
        variations = 0 if material.varied is None else len(material.varied)
        shown = Shown(
            settings.dropped_image,
            settings.dropped_text,
            variations if settings.augmented else 0,
            len(material.regions),
        )
        lesson = lesson_of(examples, vocabulary, seed, shown, looked_at, material.grid)
        sizes = Sizes(
            regions=material.regions.shape[1],
            features=material.regions.shape[2],
            words=len(vocabulary.words) + 1,
            answers=len(vocabulary.answers),
            length=vocabulary.length,
            width=self.size.width,
            layers=self.size.layers,
            grid=material.grid,
            knows_places=settings.placed or settings.relations,
        )
        return _Student(seed, vocabulary, lesson, sizes)

    def _weights(self) -> "Weights":
        """Which further losses there are. Raises TrainingRefused where they lack boxes."""
        from diagnostics.science.experiments.training.losses import Weights

        boxed = self.material.looked_at is not None and self.material.regions.shape[1] > 1
        settings = self.settings
        if (settings.attended or settings.relations) and not boxed:
            raise TrainingRefused("there are no boxes to learn from where to look")
        if settings.relations and self.material.grid is None:
            raise TrainingRefused("regions without a grid lie nowhere: no relation can be learnt")
        return Weights(
            box=BOX if boxed else 0.0,
            attended=ATTENDED if settings.attended else 0.0,
            relations=RELATIONS if settings.relations else 0.0,
            contrastive=CONTRASTIVE if settings.contrastive else 0.0,
            boxed=boxed,
        )

    def _test(self, arm: Arm, seed: int) -> _Test:
        examples = tested_examples(self.material, arm.settings, seed)
        tested = self._tested_material(arm)
        if tested.regions.shape[1:] != self.material.regions.shape[1:] and len(tested.regions):
            raise TrainingRefused("the pictures of the two runs are described in different ways")
        # The same draw for every seed, so that curves are of the same samples.
        rng = np.random.default_rng(len(examples))
        count = min(READ_ON, len(examples))
        return _Test(arm, examples, np.sort(rng.choice(len(examples), count, replace=False)))

    def _tested_material(self, arm: Arm) -> Material:
        target = self.material.target
        return target if arm.settings.tested_on == "other" and target is not None else self.material

    def _train(
        self,
        students: Sequence[_Student],
        tests: dict[tuple[str, int], _Test],
        regions: "Tensor",
        progress: Progress,
    ) -> list[Outcome]:
        from diagnostics.science.experiments.training.batched import train_together

        begun = time.perf_counter()
        seeds = tuple(each.seed for each in students)
        kept = Kept.of(self.keeping, self.material, self.arms, seeds)
        step = f"Training “{self.arms[0].words}”"

        def after_epoch(training: "Training") -> None:
            epoch, epochs = training.done, training.epochs
            if epoch * READ_AT // epochs > (epoch - 1) * READ_AT // epochs:
                for arm in self.arms:
                    drawn = [tests[arm.name, each.seed] for each in students]
                    for seed, credit in self._read(training.together, students, drawn):
                        kept.curves[arm.name, seed, epoch] = credit
            words = f"{step}, epoch {epoch} of {epochs}"
            if kept.after:
                words += f", taken up after epoch {kept.after}"
            try:
                progress(0.95 * epoch / epochs, words)
            except Stopped:
                kept.save(training)
                raise
            kept.save_if_due(training)

        training = train_together(
            [each.lesson for each in students],
            students[0].sizes,
            regions,
            self.size.recipe(),
            self._weights(),
            after_epoch,
            kept.go_on,
        )
        seconds = (kept.seconds + time.perf_counter() - begun) / len(students)
        return [
            outcome
            for arm in self.arms
            for outcome in self._outcomes(arm, students, tests, training, kept.curves, seconds)
        ]

    def _outcomes(
        self,
        arm: Arm,
        students: Sequence[_Student],
        tests: dict[tuple[str, int], _Test],
        training: "Training",
        curves: Curves,
        seconds: float,
    ) -> list[Outcome]:
        """One arm's test of every seed."""
        own = [tests[arm.name, each.seed] for each in students]
        said = self._ask(training.together, students, own)
        found = []
        for place, student in enumerate(students):
            if training.diverged[place]:
                found.append(_diverged(arm, student.seed, training.losses, place))
                continue
            losses = [float(each[place]) for each in training.losses]
            curve = tuple(
                (loss, curves.get((arm.name, student.seed, epoch), float("nan")))
                for epoch, loss in enumerate(losses, 1)
            )
            found.append(self._outcome(own[place], student, said, place, curve, seconds))
        return found

    def _ask(
        self, together: "Together", students: Sequence[_Student], tests: Sequence[_Test]
    ) -> "Said":
        import torch

        from diagnostics.science.experiments.training.batched import ask
        from diagnostics.science.experiments.training.lessons import Asked

        asked = [
            Asked.of(test.examples, each.vocabulary)
            for test, each in zip(tests, students, strict=True)
        ]
        shown = torch.from_numpy(self._tested_material(tests[0].arm).regions).to(self.device)
        return ask(together, asked, shown)

    def _read(
        self, together: "Together", students: Sequence[_Student], tests: Sequence[_Test]
    ) -> list[tuple[int, float]]:
        """Mean credit on each test's draw, by seed."""
        few = [_Test(each.arm, _some(each.examples, each.drawn), each.drawn) for each in tests]
        said = self._ask(together, students, few)
        return [
            (student.seed, float(self._credit(test, student, said, place).mean()))
            for place, (test, student) in enumerate(zip(few, students, strict=True))
        ]

    def _credit(
        self, test: _Test, student: _Student, said: "Said", place: int
    ) -> npt.NDArray[np.float64]:
        return credits(
            self.material, test.examples, _predictions(student, said, place), test.arm.settings
        )

    def _outcome(
        self,
        test: _Test,
        student: _Student,
        said: "Said",
        place: int,
        curve: tuple[tuple[float, float], ...],
        seconds: float,
    ) -> Outcome:
        return Outcome(
            arm=test.arm.name,
            seed=student.seed,
            state="done",
            rows=test.examples.row,
            credit=self._credit(test, student, said, place),
            predictions=_predictions(student, said, place),
            confidence=said.confidence[place].astype(np.float64),
            curve=curve,
            seconds=seconds,
            extra=self._hits(test, said.region[place]),
        )

    def _hits(self, test: _Test, region: npt.NDArray[np.int64]) -> dict[str, float]:
        """How often the box head's best region overlaps the true box, and how often any would."""
        looked_at = self._tested_material(test.arm).looked_at
        if looked_at is None or looked_at.shape[1] < 2:
            return {}
        boxes = looked_at[test.examples.row] > 0
        # A picture that was not shown has nothing to point to.
        kept = boxes.any(1) & (test.examples.image >= 0)
        if not kept.any():
            return {}
        hit = boxes[kept, region[kept]]
        return {"box_hit": float(hit.mean()), "box_chance": float(boxes[kept].mean())}


def _predictions(student: _Student, said: "Said", place: int) -> npt.NDArray[np.str_]:
    """Answers of one seed; a model that diverged may point beyond the last."""
    answers = np.array(student.vocabulary.answers, dtype=np.str_)
    return np.asarray(answers[np.minimum(said.answer[place], len(answers) - 1)])


def _diverged(
    arm: Arm, seed: int, losses: Sequence[npt.NDArray[np.float64]], place: int
) -> Outcome:
    epoch = next(n for n, each in enumerate(losses, 1) if not np.isfinite(each[place]))
    why = (
        f"in epoch {epoch} the loss was no longer a number: "
        "look for extreme weights or embeddings, or lower the learning rate"
    )
    return Outcome.without_result(arm.name, seed, "diverged", why)


def _some(examples: Examples, places: npt.NDArray[np.int64]) -> Examples:
    """The examples at `places`."""
    return Examples(
        examples.row[places],
        tuple(examples.questions[place] for place in places),
        tuple(examples.answers[place] for place in places),
        examples.image[places],
        examples.weight[places],
        examples.text_blank[places],
    )
