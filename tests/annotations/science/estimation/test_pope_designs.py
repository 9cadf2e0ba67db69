"""Every design over seeded audits of a real census."""

from pathlib import Path

import pytest

from benchmarks.pope_audits import DESIGNS, Census, measure, read_census

pytestmark = pytest.mark.realdata
AUDITS = 200


@pytest.fixture(scope="module")
def census() -> Census:
    from tests.conftest import REAL_DATA_DIR

    return read_census(Path(REAL_DATA_DIR))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_interval_of_every_design_holds_the_census_value(census, design) -> None:
    found = measure(census, design, 200, AUDITS)
    # At exactly 95 %, fewer than 181 of 200 come by luck once in 500 repetitions; the seeds are
    # fixed.
    assert found["coverage"] >= 181 / 200
    # 30.7 % is far from 20 %: hardly any audit may say that it is below.
    assert found["wrong"] <= 0.01


def test_a_planned_audit_saves_items_and_settles_as_often(census) -> None:
    exact = measure(census, "simple_random", 200, AUDITS)
    planned = measure(census, "planned_stop", 200, AUDITS)
    assert planned["items"] < 130
    assert planned["settled"] > exact["settled"] - 0.05


def test_strata_and_scores_do_not_widen_the_interval(census) -> None:
    for design in ("proportional", "score_assisted", "proportional_scored"):
        assert measure(census, design, 200, AUDITS)["width"] <= 1.05
