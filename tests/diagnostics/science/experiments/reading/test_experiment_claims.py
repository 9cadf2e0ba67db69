"""How often a reading claims what is not there, over simulated experiments.

A rate seen over R experiments scatters with sqrt(0.05 * 0.95 / R): with 4,000 of them a true rate
of 5 % is seen above 6 % once in 500 runs. Few experiments are held to four such errors more.
"""

import numpy as np
import pytest

from benchmarks.experiment_claims import (
    TYPES,
    World,
    design_of,
    make_material,
    make_outcomes,
    rates,
    simulate,
)

MOST = 0.06
DESIGN = design_of(3, arms=1)


def test_claims_of_nothing_are_rare_in_a_few_experiments() -> None:
    found = rates(60, World())

    most = 0.05 + 4 * (0.05 * 0.95 / 60) ** 0.5
    for seeds in (3, 5):
        assert found[f"false_positive_{seeds}"] <= most
        assert found[f"further_false_positive_{seeds}"] <= most
        assert found[f"stratum_false_positive_{seeds}"] <= most


@pytest.mark.slow
def test_claims_of_nothing_are_no_more_than_six_in_a_hundred() -> None:
    found = rates(4000, World())

    for seeds in (3, 5):
        assert found[f"false_positive_{seeds}"] <= MOST
        assert found[f"further_false_positive_{seeds}"] <= MOST
        assert found[f"stratum_false_positive_{seeds}"] <= MOST
        # What claims would be if the bootstrap over samples made them.
        assert found[f"these_runs_excludes_zero_{seeds}"] > 0.15


def test_a_large_effect_is_claimed() -> None:
    found = rates(20, World(effect=1.0))

    assert found["gain_seen_3"] >= 0.7
    assert found["gain_seen_5"] >= 0.9


def test_an_experiment_is_the_same_again() -> None:
    assert simulate(3, 3, World()) == simulate(3, 3, World())


@pytest.mark.parametrize("nearly_alike", [False, True])
def test_simulated_arms_have_no_effect(nearly_alike: bool) -> None:
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(40):
        trials = make_outcomes(make_material(rng), DESIGN, World(), nearly_alike, rng)
        gaps += [
            treated.credit.mean() - control.credit.mean()
            for control, treated in zip(trials[::2], trials[1::2], strict=True)
        ]

    assert abs(np.mean(gaps)) < 4 * np.std(gaps) / len(gaps) ** 0.5
    assert np.std(gaps) < (0.005 if nearly_alike else 0.1)


def test_simulated_samples_are_of_every_question_type() -> None:
    material = make_material(np.random.default_rng(1))

    assert 500 <= len(material) <= 2000
    assert set(material.strata["question_type"].codes) == set(range(len(TYPES)))
    assert len(material.tested()) == len(material)
