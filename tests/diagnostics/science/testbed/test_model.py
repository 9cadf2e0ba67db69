"""The demonstration's model: gradients are right, blanks are blank, training learns."""

import numpy as np
import pytest
import torch
from torch import nn

from diagnostics.science.testbed.model import INPUT_SIDE, PATCHES, FusionModel, ModelConfig
from diagnostics.science.testbed.questions import ANSWERS
from diagnostics.science.testbed.training import TrainingConfig, Vocabulary, answer, to_input, train

LENGTH = 5


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def small_model() -> FusionModel:
    return FusionModel(words=7, answers=4, length=LENGTH, config=ModelConfig(width=8, layers=1))


def inputs(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.randn(count, 3, INPUT_SIDE, INPUT_SIDE)
    return images, torch.randint(0, 7, (count, LENGTH))


def flags(*values: bool) -> torch.Tensor:
    return torch.tensor(values)


def test_gradients_agree_with_finite_differences() -> None:
    model = small_model().double()
    images, words = inputs(2)
    target, none = torch.tensor([1, 3]), flags(False, False)

    def loss_of(patches: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(model(patches, words, none, none)[0], target)

    # The corner of one patch: a whole image would take minutes of finite differences.
    base = images.double()
    corner = base[:, :, :2, :2].clone().requires_grad_()

    def with_corner(part: torch.Tensor) -> torch.Tensor:
        rest = nn.functional.pad(part - base[:, :, :2, :2], (0, INPUT_SIDE - 2, 0, INPUT_SIDE - 2))
        return loss_of(base + rest)

    assert torch.autograd.gradcheck(with_corner, (corner,))


def test_every_parameter_is_reached_by_the_loss() -> None:
    model = small_model()
    images, words = inputs(4)

    logits, _, _ = model(
        images, words, flags(True, False, False, False), flags(False, True, False, False)
    )
    nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 3])).backward()

    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_the_attention_is_a_share_for_every_patch() -> None:
    images, words = inputs(5)

    _, shares, _ = small_model()(
        images, words, torch.zeros(5, dtype=bool), torch.zeros(5, dtype=bool)
    )

    assert shares.shape == (5, PATCHES)
    assert (shares >= 0).all()
    assert torch.allclose(shares.sum(1), torch.ones(5), atol=1e-6)


def test_with_the_image_blanked_the_answer_does_not_depend_on_it() -> None:
    model = small_model().eval()
    (first, words), (second, _) = inputs(3), inputs(3)
    blank, none = torch.ones(3, dtype=bool), torch.zeros(3, dtype=bool)

    assert torch.equal(model(first, words, blank, none)[0], model(second, words, blank, none)[0])
    assert not torch.allclose(
        model(first, words, none, none)[0], model(second, words, none, none)[0]
    )


def test_with_the_question_blanked_the_answer_does_not_depend_on_it() -> None:
    model = small_model().eval()
    images, words = inputs(3)
    other = (words + 1) % 7
    blank, none = torch.ones(3, dtype=bool), torch.zeros(3, dtype=bool)

    assert torch.equal(model(images, words, none, blank)[0], model(images, other, none, blank)[0])
    assert not torch.allclose(
        model(images, words, none, none)[0], model(images, other, none, none)[0]
    )


def test_a_blank_touches_only_its_own_row() -> None:
    model = small_model().eval()
    images, words = inputs(2)
    none = flags(False, False)

    whole = model(images, words, none, none)[0]
    mixed = model(images, words, flags(True, False), none)[0]

    assert torch.allclose(whole[1], mixed[1])
    assert not torch.allclose(whole[0], mixed[0])


def test_the_order_of_words_matters() -> None:
    model = small_model().eval()
    images, _ = inputs(1)
    none = flags(False)

    first = model(images, torch.tensor([[1, 2, 3, 0, 0]]), none, none)[0]
    turned = model(images, torch.tensor([[3, 2, 1, 0, 0]]), none, none)[0]

    assert not torch.allclose(first, turned)


def test_unknown_words_are_no_word_and_long_questions_are_cut() -> None:
    vocabulary = Vocabulary.of(["Is there a star?", "How many?"])

    ids = vocabulary.encode(["is there a purple star here now?", "?"])

    assert vocabulary.words == ("a", "how", "is", "many", "star", "there")
    assert ids.tolist() == [[3, 6, 1, 0], [0, 0, 0, 0]]


def test_each_picture_is_standardised_for_itself() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (3, INPUT_SIDE, INPUT_SIDE, 3)).astype(np.uint8)
    pictures[1] //= 4
    pictures[2] = 77  # nothing to see

    found = to_input(pictures)

    assert found.shape == (3, 3, INPUT_SIDE, INPUT_SIDE)
    assert found.mean(dim=(2, 3)).abs().max() < 1e-4
    assert found[:2].std(dim=(1, 2, 3)).numpy() == pytest.approx(np.ones(2), abs=1e-3)
    assert (found[2] == 0).all()


def coloured_squares(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a square of one of two colours, and the number of the answer that names it."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 40, (count, INPUT_SIDE, INPUT_SIDE, 3)).astype(np.uint8)
    red = rng.random(count) < 0.5
    pictures[red, 16:32, 16:32, 0] += 200
    pictures[~red, 16:32, 16:32, 2] += 200
    return pictures, np.where(red, ANSWERS.index("red"), ANSWERS.index("blue"))


def test_training_lowers_the_loss_and_learns_what_is_plain_to_see() -> None:
    pictures, targets = coloured_squares(96)
    vocabulary = Vocabulary.of(["what colour is it?"])
    words = vocabulary.encode(["what colour is it?"] * 96)
    config = TrainingConfig(epochs=6, batch=16, losses_kept=6)
    steps: list[float] = []

    trained = [
        train(pictures, words, targets, vocabulary, seed=1, config=config,
              progress=lambda share, step: steps.append(share))
        for _ in range(2)
    ]  # fmt: skip

    (model, losses), (_, again) = trained
    assert losses.shape == (96, 6)
    assert losses[:, -1].mean() < losses[:, 0].mean() / 2
    assert np.array_equal(losses, again)
    assert steps[:6] == pytest.approx([k / 6 for k in range(1, 7)])
    found = answer(model, pictures, words)
    assert (found.probabilities.argmax(1) == targets).mean() > 0.95
    assert found.probabilities.sum(1) == pytest.approx(np.ones(96), abs=1e-5)
    assert found.attention.shape == (96, PATCHES)
    blind = answer(model, pictures, words, see=False).probabilities
    assert np.allclose(blind, blind[0])
