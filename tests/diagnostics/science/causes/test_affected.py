"""Counts of affected samples, their intervals, and the verdict on each challenge."""

from dataclasses import asdict

import numpy as np
import pytest
from scipy import stats

from diagnostics.science.causes import verdicts
from diagnostics.science.causes.affected import Affected, affected
from diagnostics.science.causes.catalogue import NAMES, UNDETERMINED
from diagnostics.science.causes.rules import Named
from diagnostics.science.causes.verdicts import Sign, speaks, strength_of
from diagnostics.science.measures.results import Value


def named(*causes: str) -> Named:
    return Named(
        np.array(causes),
        np.linspace(0.9, 0.1, len(causes)),
        np.array([""] * len(causes)),
    )


def test_counts_shares_and_what_if_are_of_the_evaluation() -> None:
    found = affected(
        np.array([10, 20, 30, 40]),
        np.array([True, True, True, False]),
        named("noise", "noise", "ambiguity", "noise"),
        total=100,
        wrong=3,
    )
    noise = found[NAMES.index("noise")]

    assert (noise.evaluated, noise.trained) == (2, 1)
    assert noise.of_errors.value == pytest.approx(2 / 3)
    assert noise.what_if.value == pytest.approx((100 - 3 + 2) / 100)
    exact = stats.binomtest(2, 100).proportion_ci(method="exact")
    assert (noise.count.low, noise.count.high) == pytest.approx((100 * exact[0], 100 * exact[1]))
    assert noise.positions == (10, 20)
    assert sum(each.evaluated for each in found) == 3


def test_a_run_without_errors_affects_nothing() -> None:
    found = affected(np.zeros(0, int), np.zeros(0, bool), named(), total=0, wrong=0)

    assert [each.evaluated for each in found] == [0] * (len(NAMES) + 1)
    assert found[0].of_samples.value is None
    assert found[-1].cause == UNDETERMINED


def test_what_is_stored_comes_back() -> None:
    (first, *_rest) = affected(np.array([7]), np.array([True]), named("noise"), total=10, wrong=1)

    assert Affected.from_dict(asdict(first)) == first


@pytest.mark.parametrize(
    ("value", "side"),
    [
        (Value(0.3, low=0.25, high=0.35), 1),
        (Value(0.22, low=0.15, high=0.3), 0),
        (Value(0.1, low=0.05, high=0.15), -1),
        (Value(0.25), 1),
        (Value(None), 0),
    ],
)
def test_a_figure_speaks_where_its_whole_interval_does(value: Value, side: int) -> None:
    assert speaks(Sign("m", "f", 0.2, 0.2), value) == side


def test_a_falling_figure_speaks_the_other_way() -> None:
    sign = Sign("m", "f", 0.1, 0.3, falling=True)

    assert speaks(sign, Value(0.05, low=0.02, high=0.08)) == 1
    assert speaks(sign, Value(0.5, low=0.4, high=0.6)) == -1
    assert speaks(sign, Value(0.2, low=0.15, high=0.25)) == 0


def of(count: int, total: int = 1000) -> Affected:
    causes = named(*["noise"] * count)
    return affected(np.arange(count), np.ones(count, bool), causes, total, count)[0]


def test_strength_is_accuracy_at_stake() -> None:
    assert strength_of(of(5), 0, 0) == "none"
    assert strength_of(of(25), 0, 0) == "weak"
    assert strength_of(of(60), 0, 0) == "strong"


def test_contradicted_twice_and_supported_by_nothing_it_steps_down() -> None:
    assert strength_of(of(60), pro=0, contra=2) == "weak"
    assert strength_of(of(60), pro=1, contra=2) == "strong"
    assert strength_of(of(25), pro=0, contra=2) == "none"


def test_what_people_judged_overrules_the_rules() -> None:
    assert strength_of(of(5), 0, 0, people=1) == "strong"
    assert strength_of(of(100), 5, 0, people=-1) == "weak"
    assert strength_of(of(5), 0, 0, people=-1) == "none"


def test_a_verdict_holds_its_evidence_for_and_against() -> None:
    found = affected(np.arange(60), np.ones(60, bool), named(*["noise"] * 60), 1000, 60)
    figures = [
        {"name": name, "words": name, "value": asdict(value)}
        for name, value in (
            ("never_learnt", Value(0.2, low=0.15, high=0.25)),
            ("extreme_loss", Value(0.001, low=0.0, high=0.002)),
        )
    ]
    said = verdicts.verdicts(found, {"noise_signals": {"figures": figures}})

    assert said[0].cause == "noise"
    assert said[0].strength == "strong"
    assert [piece.figure for piece in said[0].evidence_for] == ["never_learnt"]
    assert [piece.figure for piece in said[0].evidence_against] == ["extreme_loss"]
    assert said[0].experiment
    assert {each.cause for each in said} == set(NAMES)


@pytest.mark.parametrize(
    ("low", "high", "side"), [(0.25, 0.4, "for"), (0.1, 0.18, "against"), (0.16, 0.31, "open")]
)
def test_a_figure_speaks_for_against_or_is_not_settled(low: float, high: float, side: str) -> None:
    value = {"value": (low + high) / 2, "unit": "share", "low": low, "high": high}
    figure = {"name": "audited_noise", "words": "Noise among the errors", "value": value}
    named = Named(np.array([], dtype=str), np.zeros(0), np.array([], dtype=str))
    none = affected(np.array([], dtype=int), np.array([], dtype=bool), named, 100, 20)

    said = verdicts.verdicts(none, {"noise_signals": {"figures": [figure]}})
    noise = next(each for each in said if each.cause == "noise")

    for kind in ("for", "against", "open"):
        assert bool(getattr(noise, f"evidence_{kind}")) == (kind == side)
