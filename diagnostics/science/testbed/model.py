"""A small model that answers questions about pictures: the question steers what is seen.

Patches of the picture are modulated by the question (FiLM: Perez et al., 2018), weighed by an
attention over them, and read three ways: the attended patch, the sum (how many) and the maximum
(whether any).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

PATCH = 16
INPUT_SIDE = 64
PATCHES_A_SIDE = INPUT_SIDE // PATCH
PATCHES = PATCHES_A_SIDE**2


@dataclass(frozen=True)
class ModelConfig:
    """Its size."""

    width: int = 64
    layers: int = 2
    # False withholds where each patch lies.
    knows_places: bool = True


class Modulated(nn.Module):
    """A residual layer on each patch whose features the question scales and shifts."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.steer = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, patches: Tensor, question: Tensor) -> Tensor:
        """patches (b, p, w), question (b, w) → patches (b, p, w)."""
        scale, shift = self.steer(question)[:, None].chunk(2, -1)
        mixed = self.mix(self.before(patches)) * (1 + scale) + shift
        moved: Tensor = self.out(nn.functional.gelu(mixed))
        return patches + moved


class FusionModel(nn.Module):
    """Answers a question about an image; either side can be blanked by a learnt token."""

    def __init__(self, words: int, answers: int, length: int, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        # Each patch is seen alone: 16×16 pixels in two steps of 4×4 that do not overlap.
        self.see = nn.Sequential(
            nn.Conv2d(3, width // 2, 4, stride=4),
            nn.GELU(),
            nn.Conv2d(width // 2, width, PATCH // 4, stride=PATCH // 4),
        )
        self.places = nn.Parameter(torch.randn(1, PATCHES, width) * 0.5)
        self.words = nn.Embedding(words, width, padding_idx=0)
        self.orders = nn.Parameter(
            torch.ones(1, length, width) + torch.randn(1, length, width) * 0.2
        )
        self.read = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width), nn.LayerNorm(width)
        )
        self.no_image = nn.Parameter(torch.randn(1, 1, width) * 0.2)
        self.no_text = nn.Parameter(torch.randn(1, width) * 0.2)
        self.layers = nn.ModuleList(Modulated(width) for _ in range(config.layers))
        self.look = nn.Linear(width, 1)
        self.join = nn.Sequential(
            nn.Linear(4 * width, 2 * width), nn.GELU(), nn.LayerNorm(2 * width)
        )
        self.head = nn.Linear(2 * width, answers)

    def seen(self, images: Tensor) -> Tensor:
        """images (b, 3, 64, 64) → what each patch shows, wherever it lies: (b, 16, width)."""
        found: Tensor = self.see(images).flatten(2).transpose(1, 2)
        return found

    def forward(
        self, images: Tensor, words: Tensor, blank_image: Tensor, blank_text: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """images (b, 3, 64, 64), words (b, l) ids, blanks (b,) bool.

        Returns logits (b, answers), the attention over the patches (b, 16) that sums to 1, and the
        last state (b, 2·width).
        """
        patches = self.seen(images)
        if self.config.knows_places:
            patches = patches + self.places
        patches = torch.where(blank_image[:, None, None], self.no_image, patches)
        question = self.read((self.words(words) * self.orders).sum(1))
        question = torch.where(blank_text[:, None], self.no_text, question)
        for layer in self.layers:
            patches = layer(patches, question)
        shares = self.look(patches).squeeze(-1).softmax(-1)
        attended = (shares[..., None] * patches).sum(1)
        pooled = [attended, patches.sum(1) / PATCHES_A_SIDE, patches.amax(1), question]
        state = self.join(torch.cat(pooled, dim=-1))
        return self.head(state), shares, state
