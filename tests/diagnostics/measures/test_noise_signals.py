"""Losses of training samples: hand-worked events, margins against logits, planted noise."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from diagnostics.science.measures import noise_signals
from diagnostics.science.measures.samples import Groups, Samples


def of_losses(losses: np.ndarray, train: int | None = None) -> Samples:
    count = len(losses)
    codes = np.zeros(count, dtype=np.int32)
    if train is not None:
        codes[train:] = 1
    return Samples(
        position=np.arange(count),
        credit=np.ones(count),
        error=np.zeros(count, dtype=bool),
        groups={"split": Groups(codes, ("train", "test"))},
        losses=losses,
    )


def test_forgetting_is_learnt_then_not_learnt() -> None:
    probability = np.array(
        [[0.2, 0.7, 0.3, 0.9], [0.1, 0.2, 0.3, 0.4], [0.6, 0.2, 0.6, 0.1], [0.9, np.nan, 0.1, 0.9]]
    )

    assert noise_signals.forgetting_events(probability).tolist() == [1, 0, 2, 0]


def test_the_margin_of_two_answers_is_the_difference_of_their_logits() -> None:
    logits = np.random.default_rng(1).normal(size=(50, 6, 2)) * 3
    losses = np.log(np.exp(logits).sum(axis=2)) - logits[:, :, 0]

    found = noise_signals.mean_margin(losses)

    assert found == pytest.approx((logits[:, :, 0] - logits[:, :, 1]).mean(axis=1))


def test_the_outlier_score_is_scipys_scaled_deviation() -> None:
    values = np.random.default_rng(2).gamma(1.0, size=101)
    scale = stats.median_abs_deviation(values, scale="normal")

    found = noise_signals.modified_z(values)

    assert found == pytest.approx((values - np.median(values)) / scale, rel=1e-3)
    assert noise_signals.modified_z(np.ones(5)).tolist() == [0] * 5


def test_samples_with_a_wrong_answer_are_among_those_never_learnt() -> None:
    rng = np.random.default_rng(3)
    noisy = np.arange(1000) < 100
    start, end = np.full(1000, 1.5), np.where(noisy, 2.5, 0.1)
    epochs = np.linspace(0, 1, 8)
    losses = start[:, None] * (1 - epochs) + end[:, None] * epochs
    losses = np.abs(losses + rng.normal(0, 0.2, losses.shape))

    result = noise_signals.compute(of_losses(losses))

    never = result.figure("never_learnt")
    assert never is not None
    assert never.value.low is not None
    assert never.value.high is not None
    assert never.value.low <= 0.1 <= never.value.high
    assert never.behind is not None
    assert never.behind.positions is not None
    assert set(never.behind.positions) <= set(range(100))
    assert roc_auc_score(noisy, -noise_signals.mean_margin(losses)) > 0.99


def test_only_training_samples_are_looked_at_where_there_are_any() -> None:
    losses = np.concatenate([np.full((30, 3), 0.1), np.full((10, 3), 9.0)])

    result = noise_signals.compute(of_losses(losses, train=30))

    assert all(figure.value.count == 30 for figure in result.figures)
    never = result.figure("never_learnt")
    assert never is not None
    assert never.value.value == 0


def test_one_loss_a_sample_says_less_and_says_so() -> None:
    result = noise_signals.compute(of_losses(np.array([[0.1], [0.2], [0.15], [5.0]])))

    assert result.figure("forgotten") is None
    assert result.absent == ("loss (one per epoch)", "hidden_state or image_embedding")
    extreme = result.figure("extreme_loss")
    assert extreme is not None
    assert extreme.behind is not None
    assert extreme.behind.positions == (3,)


def test_a_run_without_losses_names_the_field() -> None:
    empty = Samples(np.arange(2), np.ones(2), np.zeros(2, dtype=bool))

    fields = ("loss", "hidden_state or image_embedding")
    assert noise_signals.compute(empty).absent == fields
    assert noise_signals.compute(of_losses(np.full((3, 2), np.nan))).absent == fields
