"""Temperature and near misses, against a grid, scipy and what was drawn."""

import numpy as np
import pytest
import scipy

from diagnostics.science.causes.excess.answers import Answers, Candidates
from diagnostics.science.causes.excess.near_misses import near_misses
from diagnostics.science.causes.excess.temperature import (
    likelihood,
    of_candidates,
    of_confidence,
    tempered,
)
from diagnostics.science.measures.samples import Samples

WIDE = 6


def lists(seed: int, stretch: float, rows: int = 2000) -> tuple[Candidates, np.ndarray]:
    """Candidates of a calibrated model whose logits are stretched, and its errors."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (rows, WIDE))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    logs = scipy.special.log_softmax(stretch * logits, axis=1)
    owner = np.repeat(np.arange(rows), WIDE)
    reference = np.tile(np.arange(WIDE), rows) == truth[owner]
    return Candidates(owner, logs.ravel(), reference), logits.argmax(axis=1) != truth


def run(candidates: Candidates | None, error: np.ndarray) -> Answers:
    return Answers(Samples(np.arange(len(error)), (~error).astype(float), error), candidates)


@pytest.mark.parametrize("stretch", [0.5, 1.0, 2.0])
def test_temperature_undoes_a_stretch_and_is_the_best_of_a_grid(stretch: float) -> None:
    candidates, _ = lists(3, stretch)
    grid = stretch * np.geomspace(0.5, 2.0, 81)
    best = grid[np.argmin([likelihood(candidates, float(t)) for t in grid])]

    found = of_candidates(candidates)

    assert found == pytest.approx(best, rel=0.02)
    assert found == pytest.approx(stretch, rel=0.12)


def test_tempered_probabilities_are_a_softmax() -> None:
    candidates, _ = lists(4, 1.0, 30)
    expected = scipy.special.softmax(candidates.logs.reshape(-1, WIDE) / 2.5, axis=1)

    assert tempered(candidates, 2.5) == pytest.approx(expected.ravel())


@pytest.mark.parametrize("stretch", [0.5, 3.0])
def test_temperature_is_found_from_confidence_alone(stretch: float) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(1.0, 1.5, 4000)
    right = rng.random(4000) < scipy.special.expit(logits)

    found = of_confidence(scipy.special.expit(stretch * logits), right)

    assert found == pytest.approx(stretch, rel=0.1)


def test_few_rows_leave_temperature_at_one() -> None:
    candidates, _ = lists(6, 3.0, 20)

    assert of_candidates(candidates) == 1.0
    assert of_confidence(np.full(100, np.nan), np.ones(100, bool)) == 1.0


@pytest.mark.parametrize("stretch", [0.5, 1.0, 2.0])
def test_a_calibrated_model_has_no_near_misses_too_many_however_stretched(stretch: float) -> None:
    candidates, error = lists(7, stretch, 4000)

    found = near_misses(run(candidates, error))

    assert found is not None
    assert found.low < 0 < found.high
    assert found.seen == pytest.approx(found.expected, rel=0.1)


def test_written_second_choices_are_near_misses_beyond_expectation() -> None:
    candidates, error = lists(8, 1.0, 4000)
    logs = candidates.logs.reshape(-1, WIDE)
    second = np.argsort(-logs, axis=1)[:, 1]
    taken = np.random.default_rng(8).random(4000) < 0.1
    reference = candidates.reference.reshape(-1, WIDE).copy()
    reference[taken] = np.arange(WIDE) == second[taken, None]
    error = ~reference[np.arange(4000), logs.argmax(axis=1)]

    found = near_misses(
        run(Candidates(candidates.owner, candidates.logs, reference.ravel()), error)
    )

    assert found is not None
    assert found.low > 0


def test_without_candidates_or_with_two_there_are_no_near_misses() -> None:
    error = np.ones(10, dtype=bool)
    two = Candidates(
        np.repeat(np.arange(10), 2), np.log(np.tile([0.7, 0.3], 10)), np.tile([False, True], 10)
    )

    assert near_misses(run(None, error)) is None
    assert near_misses(run(two, error)) is None


def test_owners_beyond_the_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        run(Candidates(np.array([10]), np.zeros(1), np.ones(1, bool)), np.ones(10, bool))
