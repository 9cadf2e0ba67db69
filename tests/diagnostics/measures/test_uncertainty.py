"""Calibration against torchmetrics, risk against a plain loop, intervals by simulation."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torchmetrics.classification import BinaryCalibrationError

from diagnostics.science.measures import uncertainty
from tests.diagnostics.science.measures.making import behind, samples_of, value


def drawn(count: int, seed: int = 0, off: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Confidences and credits; `off` is how much less often it is right than it says."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta(4, 2, size=count)
    return confidence, (rng.random(count) < np.clip(confidence - off, 0, 1)).astype(float)


@pytest.mark.parametrize("off", [0.0, 0.2])
def test_the_calibration_error_is_that_of_torchmetrics(off: float) -> None:
    confidence, right = drawn(3000, off=off)
    # torchmetrics compares confidence with how often the positive class occurs.
    oracle = BinaryCalibrationError(n_bins=15, norm="l1")
    expected = oracle(torch.tensor(confidence), torch.tensor(right).int()).item()

    found = uncertainty.calibration_error(confidence, right, np.linspace(0, 1, 16))

    assert found == pytest.approx(expected, abs=1e-5)


def test_bins_of_equal_mass_hold_as_many_and_part_no_ties() -> None:
    confidence, _ = drawn(1500)
    edges = uncertainty.equal_mass_edges(confidence)
    counts = np.histogram(confidence, np.clip(edges, 0, 1))[0]
    assert len(counts) == 15
    assert counts.min() >= 99

    assert len(uncertainty.equal_mass_edges(np.full(50, 0.7))) == 2


def test_the_area_under_risk_is_the_mean_over_all_coverages() -> None:
    confidence, right = drawn(200)
    order = np.argsort(-confidence)
    expected = np.mean([1 - right[order[:k]].mean() for k in range(1, 201)])

    assert uncertainty.area_under_risk(confidence, right) == pytest.approx(expected)
    assert uncertainty.area_under_risk(np.ones(10), np.arange(10) % 2) == pytest.approx(0.5)


def test_a_calibrated_model_is_told_from_an_overconfident_one() -> None:
    results = []
    for off in (0.0, 0.25):
        confidence, right = drawn(4000, off=off)
        results.append(uncertainty.compute(samples_of(right, numbers={"confidence": confidence})))

    good, bad = (value(result, "overconfidence") for result in results)
    assert good.low <= 0 <= good.high
    assert bad.low > 0.2
    assert value(results[0], "ece").value < 0.03
    assert value(results[1], "ece").low > 0.2


def test_the_interval_of_the_calibration_error_holds_the_truth() -> None:
    edges = np.linspace(0, 1, 16)
    confidence, right = drawn(400_000, off=0.15)
    truth = uncertainty.calibration_error(confidence, right, edges)
    held = 0
    for seed in range(40):
        confidence, right = drawn(1500, seed=seed + 1, off=0.15)
        found = uncertainty._with_bootstrap(confidence, right, edges)
        held += found.low <= truth <= found.high

    assert held >= 34


def test_errors_made_in_confidence_are_named_the_surest_first() -> None:
    result = uncertainty.compute(
        samples_of([0, 0, 1, 0], numbers={"confidence": [0.92, 0.99, 0.99, 0.3]})
    )

    assert value(result, "sure_errors").value == pytest.approx(2 / 3)
    assert behind(result, "sure_errors") == [2, 0]
    expected = roc_auc_score([1, 1, 0, 1], [-0.92, -0.99, -0.99, -0.3])
    assert value(result, "confidence_auroc").value == pytest.approx(expected)


def test_the_spread_of_errors_is_held_against_right_answers() -> None:
    result = uncertainty.compute(
        samples_of([0, 0, 1, 1], numbers={"predictive_entropy": [0.8, 0.9, 0.1, 0.2]})
    )

    assert value(result, "predictive_entropy_gap").value == pytest.approx(0.7)
    assert result.absent == ("confidence", "candidates")


def test_charts_are_shares_and_end_at_the_whole() -> None:
    confidence, right = drawn(500)
    result = uncertainty.compute(samples_of(right, numbers={"confidence": confidence}))
    reliability, selective = result.charts

    assert sum(reliability.series[0].counts) == 500
    assert selective.series[0].y[-1] == pytest.approx(right.mean())
    assert selective.series[0].y[0] > right.mean()


@pytest.mark.parametrize("credit", [[], [1.0], [1.0, 1.0], [0.0, 0.0]])
def test_few_samples_and_one_kind_alone_break_nothing(credit: list[float]) -> None:
    result = uncertainty.compute(samples_of(credit, numbers={"confidence": [0.5] * len(credit)}))

    assert result.figure("confidence_auroc") is None
