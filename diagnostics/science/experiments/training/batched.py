"""Training the seeds of one arm together, as one batched model (`torch.func`).

What a seed draws - first weights, order of the batches, what is blanked, which wording and which
variation of a picture is shown - comes from generators of its own, outside the batched model, and
every operation treats the models alike however many there are: a seed's model has the same bits
whichever others are trained beside it. Within a training there is one thread, so that no sum
depends on how many there could be.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from diagnostics.science.experiments.training.fusion import FusionModel, Seen, Sizes, padded
from diagnostics.science.experiments.training.lessons import Asked, Lesson
from diagnostics.science.experiments.training.losses import Weights, loss_of

AT_ONCE = 256
State = dict[str, Tensor]


@dataclass(frozen=True)
class Recipe:
    """How long and how fast; the rate rises and falls once (Smith & Topin, 2018).

    `least_steps`: small training sets are seen more often, up to `most_epochs`.
    """

    epochs: int = 5
    batch: int = 64
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    least_steps: int = 1200
    most_epochs: int = 60
    warming: float = 0.25

    def batch_of(self, count: int) -> int:
        """Samples a step; fewer where there are few, so that there are steps to take."""
        return min(self.batch, padded(count // 16))

    def epochs_of(self, count: int) -> int:
        """How often `count` samples are seen."""
        steps = -(-count // self.batch_of(count))
        return max(self.epochs, min(self.most_epochs, -(-self.least_steps // steps)))

    def rate(self, done: float) -> float:
        """The learning rate when this share, 0 to 1, of the training is done."""
        if done < self.warming:
            return self.learning_rate * (
                0.04 + 0.96 * (1 - math.cos(math.pi * done / self.warming)) / 2
            )
        left = (1 - done) / (1 - self.warming)
        return self.learning_rate * (1e-4 + (1 - math.cos(math.pi * left)) / 2)


@dataclass(frozen=True)
class Together:
    """The models of k seeds: parameters and buffers by name, each (k, ...)."""

    model: FusionModel
    parameters: State
    buffers: State

    @classmethod
    def begin(cls, sizes: Sizes, lessons: Sequence[Lesson], device: str = "cpu") -> "Together":
        """First weights, from the seed of each lesson alone."""
        models = []
        for lesson in lessons:
            models.append(FusionModel(sizes, torch.Generator().manual_seed(lesson.seed)))
            models[-1].salience.copy_(lesson.salience)
        parameters, buffers = stack_module_state(list(models))
        return cls(
            models[0],
            {name: each.detach().to(device) for name, each in parameters.items()},
            {name: each.detach().to(device) for name, each in buffers.items()},
        )


@dataclass
class Training:
    """Training k seeds, as far as it has come: the models, and each epoch's mean losses (k).

    `optimiser` holds the parameters in the models' order; `epochs`: how many there will be.
    """

    together: Together
    optimiser: torch.optim.AdamW
    epochs: int
    losses: list[npt.NDArray[np.float64]] = field(default_factory=list)

    @classmethod
    def begin(cls, together: Together, recipe: Recipe, count: int) -> "Training":
        """Before the first epoch, with `count` samples."""
        kept = list(together.parameters.values())
        optimiser = torch.optim.AdamW(kept, lr=1.0, weight_decay=recipe.weight_decay, fused=True)
        return cls(together, optimiser, recipe.epochs_of(count))

    @property
    def done(self) -> int:
        """Epochs that are over."""
        return len(self.losses)

    @property
    def diverged(self) -> npt.NDArray[np.bool_]:
        """(k) whose loss was not a number, or infinite, in some epoch."""
        return np.asarray(~np.isfinite(np.array(self.losses)).all(0))

    def state(self) -> State:
        """Parameters and the optimiser's moments and counts, on the processor, by name."""
        found = {}
        for name, parameter in self.together.parameters.items():
            found[f"parameter/{name}"] = parameter.cpu()
            for kind, value in self.optimiser.state[parameter].items():
                found[f"{kind}/{name}"] = value.cpu()
        return found

    def go_on(self, state: Mapping[str, Tensor], losses: Sequence[Sequence[float]]) -> None:
        """Take up what `state` gave after as many epochs as there are `losses`.

        Raises ValueError, with nothing changed, where it is of other models.
        """
        parameters = self.together.parameters
        count = len(next(iter(parameters.values())))
        wanted = {
            f"{kind}/{name}": each.shape if kind != STEP else torch.Size()
            for name, each in parameters.items()
            for kind in ("parameter", *MOMENTS, STEP)
        }
        fits = {name: each.shape for name, each in state.items()} == wanted
        if not fits or not 0 < len(losses) <= self.epochs or {*map(len, losses)} != {count}:
            raise ValueError("the state is of a training of other models")
        known = [np.array(each, dtype=np.float64) for each in losses]
        told = self.optimiser.state_dict()
        told["state"] = {
            place: {kind: state[f"{kind}/{name}"].clone() for kind in (STEP, *MOMENTS)}
            for place, name in enumerate(parameters)
        }
        self.optimiser.load_state_dict(told)
        for name, each in parameters.items():
            each.copy_(state[f"parameter/{name}"])
        self.losses = known


# What AdamW keeps of each parameter.
MOMENTS, STEP = ("exp_avg", "exp_avg_sq"), "step"
During = Callable[[Training], None]


@contextmanager
def one_thread() -> Iterator[None]:
    """Within, torch computes with one thread, in this thread and in those started from it.

    The number is the process's: a thread that restores it would change it for the others, so that
    where several train, whoever starts them holds this around all of them.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train_together(
    lessons: Sequence[Lesson],
    sizes: Sizes,
    regions: Tensor,
    recipe: Recipe,
    weights: Weights,
    after_epoch: During = lambda training: None,
    before: During = lambda training: None,
) -> Training:
    """Train one model a lesson; lessons are of one size. `regions` (v·u, r, d), on their device.

    `before` may bring the training to where an earlier one of the same lessons had come
    (`Training.go_on`): it ends with the same bits. What `after_epoch` raises ends the training.
    Ends early where every seed diverged.
    """
    count = len(lessons[0])
    assert all(len(lesson) == count for lesson in lessons)
    device = str(regions.device)
    training = Training.begin(Together.begin(sizes, lessons, device), recipe, count)
    before(training)
    state, optimiser = training.together, training.optimiser
    step = _step(state.model, weights)
    batch = recipe.batch_of(count)
    steps = -(-count // batch)
    draws = [lesson.draws(training.done) for lesson in lessons]
    while training.done < training.epochs and not training.diverged.all():
        epoch = training.done
        shown = _stacked([draw(batch) for draw in draws], device)
        total = torch.zeros(len(lessons), device=device)
        for number in range(steps):
            part = {name: each[:, number] for name, each in shown.items()}
            seen = regions[part.pop("image").clamp_min(0)]
            gradients, (_, loss) = step(state.parameters, state.buffers, seen, part)
            for name, parameter in state.parameters.items():
                parameter.grad = gradients[name]
            rate = recipe.rate((epoch * steps + number) / (training.epochs * steps))
            optimiser.param_groups[0]["lr"] = rate
            optimiser.step()
            total += loss
        training.losses.append(total.cpu().numpy().astype(np.float64) / count)
        after_epoch(training)
    return training


Step = Callable[[State, State, Tensor, Mapping[str, Tensor]], tuple[State, tuple[Tensor, Tensor]]]


def _step(model: FusionModel, weights: Weights) -> Step:
    """Gradients of k models, and their losses (k): what is minimised, and that of the answers."""

    def lost(
        parameters: State, buffers: State, regions: Tensor, part: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        inputs = (regions, part["words"], part["no_image"], part["no_text"])
        seen: Seen = functional_call(model, (parameters, buffers), inputs)
        return loss_of(seen, part, weights)

    if weights.contrastive:
        # The other way round its products are summed in another order: other last bits.
        stepped: Step = vmap(grad_and_value(lost, has_aux=True))
        return stepped
    together = vmap(lost)

    def step(
        parameters: State, buffers: State, regions: Tensor, part: Mapping[str, Tensor]
    ) -> tuple[State, tuple[Tensor, Tensor]]:
        # No seed's loss depends on another's parameters, so that the gradient of their sum is
        # each one's own; a fifth faster than to differentiate within the batched model.
        leaves = {name: each.detach().requires_grad_() for name, each in parameters.items()}
        total, loss = together(leaves, buffers, regions, part)
        found = torch.autograd.grad(
            total.sum(), list(leaves.values()), allow_unused=True, materialize_grads=True
        )
        return dict(zip(leaves, found, strict=True)), (total.detach(), loss)

    return step


def _stacked(parts: Sequence[Mapping[str, Tensor]], device: str) -> State:
    return {name: torch.stack([part[name] for part in parts]).to(device) for name in parts[0]}


@dataclass(frozen=True)
class Said:
    """What k models say of m samples: numbers of answers, their probabilities, best regions.

    `answer`, `confidence`, `region` are (k, m).
    """

    answer: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]
    region: npt.NDArray[np.int64]


def ask(together: Together, tested: Sequence[Asked], regions: Tensor) -> Said:
    """Ask the k models of `together` about m samples each, all of one number and length."""
    device = str(regions.device)
    shown = _stacked([each.tensors() for each in tested], device)
    count = shown["image"].shape[1]

    def answered(parameters: State, buffers: State, *inputs: Tensor) -> tuple[Tensor, ...]:
        seen: Seen = functional_call(together.model, (parameters, buffers), inputs)
        best = seen.logits.log_softmax(-1).max(-1)
        return best.indices, best.values.exp(), seen.boxes.argmax(-1)

    batched = vmap(answered)
    found: list[tuple[npt.NDArray[Any], ...]] = []
    with torch.no_grad():
        for start in range(0, count, AT_ONCE):
            part = {name: each[:, start : start + AT_ONCE] for name, each in shown.items()}
            seen = regions[part["image"].clamp_min(0)]
            said = batched(
                together.parameters,
                together.buffers,
                seen,
                part["words"],
                part["no_image"],
                part["no_text"],
            )
            found.append(tuple(each.cpu().numpy() for each in said))
    return Said(*(np.concatenate(each, axis=1) for each in zip(*found, strict=True)))
