"""What is minimised: the answers' loss, and the further losses that an arm asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from diagnostics.science.experiments.training.fusion import Seen

# Samples of a batch that are set against each other by the contrastive loss.
CONTRASTED = 64
TEMPERATURE = 0.1


@dataclass(frozen=True)
class Weights:
    """Weight of each further loss beside that of the answers; 0 leaves it out.

    `box` trains the box head, a probe from which nothing else learns. `boxed`: the material has
    boxes, so that a keyword is set against what is in them.
    """

    box: float = 0.0
    attended: float = 0.0
    relations: float = 0.0
    contrastive: float = 0.0
    boxed: bool = False


def loss_of(seen: Seen, part: Mapping[str, Tensor], weights: Weights) -> tuple[Tensor, Tensor]:
    """Of b samples: what is minimised, and the sum of the answers' losses; scalars.

    `part`: `right` (b, a), numbers of the right answers, -1 where a sample has fewer; `weight` (b),
    of each sample, divided by how many the batch holds, 0 for one that only fills it up;
    `counted` (b), 1 or 0 for such. With boxes also `looked` (b, r), `side` (b, 2) and
    `side_weight` (b, 2).
    """
    each = answer_losses(seen.logits, part["right"])
    total = (each * part["weight"]).sum()
    if weights.box:
        total = total - weights.box * _pointed(seen.boxes, part)
    if weights.attended:
        total = total - weights.attended * _pointed(seen.attention, part)
    if weights.relations:
        total = total + weights.relations * _relations(seen.sides, part)
    if weights.contrastive:
        total = total + weights.contrastive * _contrast(seen, part, weights.boxed)
    return total, (each.detach() * part["counted"]).sum()


def answer_losses(logits: Tensor, right: Tensor) -> Tensor:
    """−log of the probability of all right answers together; logits (b, n), right (b, a) → (b)."""
    logs = logits.log_softmax(-1)
    if right.shape[-1] == 1:
        return -logs.gather(-1, right.clamp_min(0)).sum(-1)
    chosen = logs.gather(-1, right.clamp_min(0)) + (right < 0) * -1e9
    return -chosen.logsumexp(-1)


def _pointed(logs: Tensor, part: Mapping[str, Tensor]) -> Tensor:
    """How well shares of the regions (b, r), as logarithms, agree with the boxes."""
    return ((part["looked"] * logs).sum(-1) * part["weight"]).sum()


def _relations(sides: Tensor, part: Mapping[str, Tensor]) -> Tensor:
    """Binary cross-entropy of right (or left) and bottom (or top), logits (b, 2)."""
    wanted = part["side"]
    each = torch.nn.functional.softplus(sides) - sides * wanted
    return (each * part["side_weight"] * part["weight"][:, None]).sum()


def _contrast(seen: Seen, part: Mapping[str, Tensor], boxed: bool) -> Tensor:
    """InfoNCE (van den Oord et al., 2018): the keywords of a question belong to its own picture.

    With boxes, to what is in them; without, to the regions of the picture that fit best. Questions
    for the same words are not set against each other: either picture could be right.
    """
    shown, asked = seen.shown[:CONTRASTED], seen.keywords[:CONTRASTED]
    shown = shown / (shown.square().sum(-1, keepdim=True) + 1e-6).sqrt()
    asked = asked / (asked.square().sum(-1, keepdim=True) + 1e-6).sqrt()
    count, regions, width = shown.shape
    if boxed:
        looked = part["looked"][:CONTRASTED]
        scores = (looked[..., None] * shown).sum(1) @ asked.T / TEMPERATURE
        taking = looked.sum(-1)
    else:
        fits = (shown.reshape(-1, width) @ asked.T).reshape(count, regions, -1) / TEMPERATURE
        scores = fits.logsumexp(1)
        taking = 1 - part["no_image"][:CONTRASTED]
    taking = taking * (1 - part["no_text"][:CONTRASTED])
    own = torch.eye(count, device=scores.device)
    alike = ((asked @ asked.T) > 0.999).float() * (1 - own)
    apart = scores - 1e9 * alike
    right = (scores * own).sum(-1)
    each = apart.logsumexp(-1) + apart.logsumexp(0) - 2 * right
    return (each * taking * part["weight"][:CONTRASTED]).sum() / 2
