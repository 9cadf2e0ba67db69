"""The fusion model and its losses."""

import math

import pytest
import torch

from diagnostics.science.experiments.training.fusion import UNUSED, FusionModel, Seen, Sizes, padded
from diagnostics.science.experiments.training.losses import Weights, answer_losses, loss_of

SIZES = Sizes(regions=4, features=6, words=9, answers=5, length=7)


def model(**changed: object) -> FusionModel:
    """A model of fixed first weights."""
    sizes = Sizes(**{**SIZES.__dict__, **changed})  # type: ignore[arg-type]
    return FusionModel(sizes, torch.Generator().manual_seed(3))


def ask(asked: FusionModel, count: int = 3, **changed: torch.Tensor) -> Seen:
    """What it makes of random regions and words."""
    drawn = torch.Generator().manual_seed(1)
    shown = {
        "regions": torch.randn(count, 4, 6, generator=drawn),
        "words": torch.randint(1, 9, (count, 7), generator=drawn),
        "no_image": torch.zeros(count),
        "no_text": torch.zeros(count),
    }
    found: Seen = asked(**{**shown, **changed})
    return found


@pytest.mark.parametrize(("size", "found"), [(0, 16), (1, 16), (16, 16), (17, 32)])
def test_sizes_are_padded_to_whole_vectors(size: int, found: int) -> None:
    assert padded(size) == found


def test_attention_is_shared_out_among_regions_and_no_padded_answer_is_chosen() -> None:
    seen = ask(model())
    assert seen.logits.shape == (3, 16)
    assert (seen.logits[:, 5:] < UNUSED / 2).all()
    torch.testing.assert_close(seen.attention.exp().sum(-1), torch.ones(3))
    torch.testing.assert_close(seen.boxes.exp().sum(-1), torch.ones(3))


def test_a_blanked_picture_tells_nothing_and_neither_does_a_blanked_question() -> None:
    asked, other = model(), torch.randn(3, 4, 6)
    blank = torch.ones(3)
    torch.testing.assert_close(
        ask(asked, no_image=blank).logits, ask(asked, no_image=blank, regions=other).logits
    )
    words = torch.ones(3, 7, dtype=torch.long)
    torch.testing.assert_close(
        ask(asked, no_text=blank).logits, ask(asked, no_text=blank, words=words).logits
    )


def test_without_places_the_order_of_the_regions_means_nothing() -> None:
    drawn = torch.randn(3, 4, 6)
    for knows, same in ((False, True), (True, False)):
        asked = model(knows_places=knows)
        one, other = ask(asked, regions=drawn), ask(asked, regions=drawn.flip(1))
        assert torch.allclose(one.logits, other.logits, atol=1e-5) is same


def test_the_box_head_teaches_the_model_nothing() -> None:
    asked = model()
    ask(asked).boxes[:, 0].sum().backward()
    taught = {name for name, each in asked.named_parameters() if each.grad is not None}
    assert taught == {"box"}


def test_the_loss_of_several_right_answers_is_of_their_probabilities_together() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    each = answer_losses(logits, torch.tensor([[0, 1], [2, -1]]))
    shares = logits.softmax(-1)
    assert each[0].item() == pytest.approx(-math.log(float(shares[0, 0] + shares[0, 1])), rel=1e-5)
    assert each[1].item() == pytest.approx(math.log(3), rel=1e-5)


def part(**changed: torch.Tensor) -> dict[str, torch.Tensor]:
    """A batch of three of equal weight whose boxes lie in the first region, top left."""
    looked = torch.zeros(3, 4)
    looked[:, 0] = 1
    return {
        "right": torch.tensor([[0], [1], [2]]),
        "weight": torch.full((3,), 1 / 3),
        "counted": torch.ones(3),
        "looked": looked,
        "side": torch.zeros(3, 2),
        "side_weight": torch.ones(3, 2),
        "no_image": torch.zeros(3),
        "no_text": torch.zeros(3),
        **changed,
    }


def test_a_sample_without_weight_moves_nothing() -> None:
    asked = model()
    light = part(weight=torch.tensor([0.5, 0.5, 0.0]))
    loss_of(ask(asked), light, Weights())[0].backward()
    before = asked.head.weight.grad
    asked.zero_grad()
    other = part(weight=torch.tensor([0.5, 0.5, 0.0]), right=torch.tensor([[0], [1], [4]]))
    loss_of(ask(asked), other, Weights())[0].backward()
    assert before is not None
    assert asked.head.weight.grad is not None
    assert torch.equal(before, asked.head.weight.grad)


@pytest.mark.parametrize(
    "weights",
    [
        Weights(attended=1.0),
        Weights(relations=1.0),
        Weights(contrastive=1.0),
        Weights(contrastive=1.0, boxed=True),
        Weights(box=1.0),
    ],
)
def test_each_further_loss_falls_when_it_is_followed(weights: Weights) -> None:
    asked = model()
    asked.salience.fill_(1.0)
    optimiser = torch.optim.Adam(asked.parameters(), lr=1e-2)
    seen = []
    for _ in range(60):
        # What is left of the loss beside the answers'.
        total, _ = loss_of(ask(asked), part(), weights)
        further = total - loss_of(ask(asked), part(), Weights())[0]
        optimiser.zero_grad()
        further.backward()
        optimiser.step()
        seen.append(further.item())
    assert seen[-1] < 0.75 * seen[0]


def test_the_contrastive_loss_does_not_set_the_same_words_against_each_other() -> None:
    asked = model()
    asked.salience.fill_(1.0)
    words = torch.ones(3, 7, dtype=torch.long)
    total, _ = loss_of(ask(asked, words=words), part(), Weights(contrastive=1.0))
    alone, _ = loss_of(ask(asked, words=words), part(), Weights())
    assert (total - alone).item() == pytest.approx(0, abs=1e-4)
