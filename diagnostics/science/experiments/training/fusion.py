"""A compact fusion model over frozen regions of a picture and the words of a question.

The question scales and shifts what each region shows (FiLM: Perez et al., 2018) and weighs the
regions by an attention; they are read as the attended one, their sum (how many) and their maximum
(whether any). Written for `torch.func.vmap`: products are of matrices of two dimensions, so that
models trained together become one batched product; a product with a single column is written as a
sum, because there alone the bits would depend on how many models are batched.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Sizes are multiples of this, so that no vectorised loop ends in a scalar remainder, which could
# differ in its last bit from what the same numbers give elsewhere.
MULTIPLE = 16
# Added to the logit of an answer that there is not.
UNUSED = -1e9


def padded(size: int) -> int:
    """The next multiple of MULTIPLE, at least one."""
    return max(1, -(-size // MULTIPLE)) * MULTIPLE


@dataclass(frozen=True)
class Sizes:
    """Sizes of a model: r regions of d numbers, words (with 0, unknown), answers, words a question.

    `answers` counts what there is to choose from; the head is padded.
    """

    regions: int
    features: int
    words: int
    answers: int
    length: int
    width: int = 32
    layers: int = 2
    grid: tuple[int, int] | None = None
    knows_places: bool = True


@dataclass(frozen=True)
class Seen:
    """What the model makes of b samples.

    `logits` (b, padded answers), lower by UNUSED where padded; `attention` (b, r), logarithms of
    shares; `boxes` (b, r), logarithms of where the box head places it; `sides` (b, 2), logits of
    right and of bottom; `shown` (b, r, w), what each region shows, wherever it lies; `keywords`
    (b, w), what the question asks for.
    """

    logits: Tensor
    attention: Tensor
    boxes: Tensor
    sides: Tensor
    shown: Tensor
    keywords: Tensor


class Affine(nn.Module):
    """x·W + b for x (k, i), as one product of two matrices."""

    def __init__(
        self, inputs: int, outputs: int, drawn: torch.Generator, gain: float = 1.0
    ) -> None:
        super().__init__()
        bound = gain * (3 / inputs) ** 0.5
        self.weight = nn.Parameter(_spread(inputs, outputs, bound, drawn))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(..., i) → (..., o)."""
        flat = torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), self.weight)
        return flat.reshape(*x.shape[:-1], -1)


class Modulated(nn.Module):
    """A residual layer on each region whose features the question scales and shifts."""

    def __init__(self, width: int, drawn: torch.Generator) -> None:
        super().__init__()
        self.mix = Affine(width, width, drawn)
        self.steer = Affine(width, 2 * width, drawn)
        self.out = Affine(width, width, drawn, gain=0.5)

    def forward(self, regions: Tensor, question: Tensor) -> Tensor:
        """regions (b, r, w), question (b, w) → regions (b, r, w)."""
        scale, shift = self.steer(question)[:, None].chunk(2, -1)
        moved: Tensor = self.out(torch.relu(torch.addcmul(shift, self.mix(regions), 1 + scale)))
        return regions + moved


class FusionModel(nn.Module):
    """Answers a question about regions; either side can be blanked by a learnt token.

    Its first weights come from `drawn` alone.
    """

    def __init__(self, sizes: Sizes, drawn: torch.Generator) -> None:
        super().__init__()
        self.sizes = sizes
        width, answers = sizes.width, padded(sizes.answers)
        self.see = Affine(sizes.features, width, drawn)
        self.show = Affine(width, width, drawn)
        self.places = nn.Parameter(_places(sizes, drawn))
        self.words = nn.Parameter(torch.randn(padded(sizes.words), width, generator=drawn) * 0.5)
        self.orders = nn.Parameter(1 + torch.randn(sizes.length, width, generator=drawn) * 0.2)
        self.read_in, self.read_out = (
            Affine(width, 2 * width, drawn),
            Affine(2 * width, width, drawn),
        )
        self.no_image = nn.Parameter(torch.randn(width, generator=drawn) * 0.2)
        self.no_text = nn.Parameter(torch.randn(width, generator=drawn) * 0.2)
        self.ask_where = Affine(width, width, drawn)
        self.layers = nn.ModuleList(Modulated(width, drawn) for _ in range(sizes.layers))
        self.look = nn.Parameter(torch.randn(width, generator=drawn) * width**-0.5)
        self.box = nn.Parameter(torch.zeros(width))
        self.join = Affine(5 * width if sizes.knows_places else 4 * width, 2 * width, drawn)
        self.side = Affine(2 * width, MULTIPLE, drawn, gain=0.3)
        self.head = Affine(2 * width, answers, drawn, gain=0.5)
        self.unused: Tensor
        self.salience: Tensor
        self.register_buffer("unused", torch.zeros(answers))
        self.unused[sizes.answers :] = UNUSED
        # Of each word among the training questions: (words), 0 for one that all of them hold.
        self.register_buffer("salience", torch.zeros(padded(sizes.words)))

    def forward(self, regions: Tensor, words: Tensor, no_image: Tensor, no_text: Tensor) -> Seen:
        """regions (b, r, d), words (b, l) ids with 0 for none, blanks (b) 0 or 1."""
        found = nn.functional.embedding(words, self.words) * (words > 0)[..., None].float()
        keywords = (found * self.salience[words][..., None]).sum(1)
        read = (found * self.orders).sum(1)
        question = read + self.read_out(torch.relu(self.read_in(read)))
        question = torch.lerp(question, self.no_text.expand_as(question), no_text[:, None])
        shown = self.show(torch.relu(self.see(regions)))
        placed = shown + self.places if self.sizes.knows_places else shown
        # A place says where something lies; with nothing to see there is nothing to place.
        placed = torch.lerp(placed, self.no_image.expand_as(placed), no_image[:, None, None])
        for layer in self.layers:
            placed = layer(placed, question)
        attention = torch.log_softmax((placed * self.look).sum(-1), -1)
        # The box head reads what is there and teaches nothing: it is a probe.
        boxes = torch.log_softmax((placed.detach() * self.box).sum(-1), -1)
        attended = (attention.exp()[..., None] * placed).sum(1)
        total = placed.sum(1) / self.sizes.regions**0.5
        pooled = [attended, total, placed.amax(1), question]
        if self.sizes.knows_places:
            # Where it looked, apart from what it saw there, and which side of that is asked for.
            pooled.append((attention.exp() @ self.places) * self.ask_where(question))
        state = torch.relu(self.join(torch.cat(pooled, -1)))
        sides = self.side(state)[:, :2]
        return Seen(self.head(state) + self.unused, attention, boxes, sides, shown, keywords)


def _places(sizes: Sizes, drawn: torch.Generator) -> Tensor:
    """First vectors of the places, (r, w): near ones are alike where the regions form a grid."""
    own = torch.randn(sizes.regions, sizes.width, generator=drawn) * 0.5
    if sizes.grid is None:
        return own
    rows, columns = sizes.grid
    y, x = (
        torch.linspace(-1, 1, cells) if cells > 1 else torch.zeros(1) for cells in (rows, columns)
    )
    centres = torch.cartesian_prod(y, x)
    return 0.5 * own + centres @ torch.randn(2, sizes.width, generator=drawn) * 0.5


def _spread(inputs: int, outputs: int, bound: float, drawn: torch.Generator) -> Tensor:
    return torch.empty(inputs, outputs).uniform_(-bound, bound, generator=drawn)
