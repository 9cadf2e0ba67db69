"""Training the testbed's model, and asking it everything a run wants to know."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from diagnostics.science.testbed.model import INPUT_SIDE, FusionModel, ModelConfig
from diagnostics.science.testbed.questions import ANSWERS
from triage.science.progress import Progress

# An image of one colour has no deviation: after to_input all of it is smaller than this.
BLANK = 1e-3


@dataclass(frozen=True)
class TrainingConfig:
    """About half a minute on two cores; most of the errors that remain are the model's own."""

    epochs: int = 22
    batch: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    blank_share: float = 0.1
    # Losses kept per training sample: every n-th epoch's.
    losses_kept: int = 10
    model: ModelConfig = field(default_factory=ModelConfig)
    # Weight of the guidance beside the answers' loss.
    guidance: float = 0.5


@dataclass(frozen=True)
class Vocabulary:
    """Words of questions as numbers from 1; 0 is 'no word'."""

    words: tuple[str, ...]
    length: int

    @classmethod
    def of(cls, questions: Sequence[str]) -> "Vocabulary":
        """All words of the training questions; longer questions are cut to their longest."""
        split = [_words(question) for question in questions]
        return cls(tuple(sorted({w for each in split for w in each})), max(map(len, split)))

    def encode(self, questions: Sequence[str]) -> Tensor:
        """(n, length) ids; a word that training never saw is 0."""
        index = {word: number for number, word in enumerate(self.words, start=1)}
        ids = torch.zeros(len(questions), self.length, dtype=torch.long)
        for row, question in enumerate(questions):
            known = [index.get(word, 0) for word in _words(question)][: self.length]
            ids[row, : len(known)] = torch.tensor(known)
        return ids


@dataclass(frozen=True)
class Guidance:
    """What a pre-trained model would know already: what patches show, and where to look.

    `contents` (n, 16): what each patch holds, as a number, 0 nothing; `looked_at` (n, 16): shares
    that sum to 1, or to 0 where nothing in particular is to be looked at.
    """

    contents: np.ndarray
    looked_at: np.ndarray


@dataclass(frozen=True)
class Answers:
    """What the model says of n samples: probabilities (n, answers), attention (n, 16), states."""

    probabilities: np.ndarray
    attention: np.ndarray
    states: np.ndarray


def seed_everything(seed: int) -> None:
    """Make the following torch work repeatable."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)


def train(
    pictures: np.ndarray,
    words: Tensor,
    targets: np.ndarray,
    vocabulary: Vocabulary,
    *,
    seed: int,
    config: TrainingConfig,
    progress: Progress,
    guidance: Guidance | None = None,
) -> tuple[FusionModel, np.ndarray]:
    """Train on pictures (n, 64, 64, 3) uint8, word ids (n, l) and answer numbers (n,).

    Returns the model and the losses (n, k) of each sample over the epochs kept.
    """
    seed_everything(seed)
    model = FusionModel(len(vocabulary.words) + 1, len(ANSWERS), vocabulary.length, config.model)
    guide = Guide(guidance, config) if guidance is not None else None
    images, labels = to_input(pictures), torch.from_numpy(targets).long()
    count, steps = len(images), -(-len(images) // config.batch)
    weights = [*model.parameters(), *(guide.parameters() if guide is not None else ())]
    optimiser = torch.optim.AdamW(
        weights, lr=config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.epochs * steps, pct_start=0.2
    )
    kept = np.unique(np.linspace(0, config.epochs - 1, config.losses_kept).round().astype(int))
    losses = np.zeros((count, len(kept)), dtype=np.float32)
    for epoch in range(config.epochs):
        model.train()
        current = torch.zeros(count)
        for chosen in torch.randperm(count).split(config.batch):
            lot = torch.rand(len(chosen))
            blank_image, blank_text = lot < config.blank_share, lot > 1 - config.blank_share
            seen, read = images[chosen], words[chosen]
            logits, looked, _ = model(
                seen, read, blank_image | nothing_to_see(seen), blank_text | nothing_to_read(read)
            )
            each = nn.functional.cross_entropy(logits, labels[chosen], reduction="none")
            loss = each.mean()
            if guide is not None:
                loss = loss + guide(chosen, model.seen(seen), looked)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            current[chosen] = each.detach()
        if epoch in kept:
            losses[:, int(np.searchsorted(kept, epoch))] = current.numpy()
        progress((epoch + 1) / config.epochs, f"Training, epoch {epoch + 1} of {config.epochs}")
    return model.eval(), losses


def answer(
    model: FusionModel, pictures: np.ndarray, words: Tensor, *, see: bool = True, read: bool = True
) -> Answers:
    """Ask the trained model; `see` / `read` False blanks the image / the question."""
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    with torch.no_grad():
        for chosen in torch.arange(len(pictures)).split(512):
            blank_image = torch.full((len(chosen),), not see)
            blank_text = torch.full((len(chosen),), not read)
            seen, asked = to_input(pictures[chosen.numpy()]), words[chosen]
            logits, attention, states = model(
                seen, asked, blank_image | nothing_to_see(seen), blank_text | nothing_to_read(asked)
            )
            found.append((logits.softmax(-1).numpy(), attention.numpy(), states.numpy()))
    return Answers(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


class Guide(nn.Module):
    """The loss of the guidance: contents of the patches, and what is looked at."""

    def __init__(self, guidance: Guidance, config: TrainingConfig) -> None:
        super().__init__()
        self.weight = config.guidance
        self.contents = torch.from_numpy(guidance.contents).long()
        self.looked_at = torch.from_numpy(guidance.looked_at).float()
        self.tell = nn.Linear(config.model.width, int(guidance.contents.max()) + 1)

    def forward(self, chosen: Tensor, seen: Tensor, looked: Tensor) -> Tensor:
        """For the samples `chosen` (b): patches seen (b, 16, w), attention (b, 16) → a scalar."""
        told = self.tell(seen).flatten(0, 1)
        telling = nn.functional.cross_entropy(told, self.contents[chosen].flatten())
        wanted = self.looked_at[chosen]
        looking = -(wanted * looked.clamp_min(1e-6).log()).sum(-1).mean()
        return self.weight * (telling + looking)


def nothing_to_see(images: Tensor) -> Tensor:
    """Images (b, 3, 64, 64) of one colour: (b,) bool."""
    return images.abs().amax(dim=(1, 2, 3)) < BLANK


def nothing_to_read(words: Tensor) -> Tensor:
    """Questions (b, l) without a known word: (b,) bool."""
    return (words > 0).sum(dim=1) == 0


def to_input(pictures: np.ndarray) -> Tensor:
    """(n, 64, 64, 3) uint8 → (n, 3, 64, 64) float, each picture of zero mean and unit deviation.

    A background is most of a picture: taken away, what remains to be looked at are the shapes.
    """
    assert pictures.shape[1:] == (INPUT_SIDE, INPUT_SIDE, 3)
    seen = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255.0)
    seen -= seen.mean(dim=(2, 3), keepdim=True)
    return seen.div_(seen.std(dim=(1, 2, 3), keepdim=True).clamp_min_(1e-3))


def _words(question: str) -> list[str]:
    return question.lower().rstrip("?").split()
