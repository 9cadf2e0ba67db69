"""Drops between splits and domains, and trends over coverage, against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.proportion import confint_proportions_2indep

from diagnostics.science.measures import domains
from tests.diagnostics.science.measures.making import behind, samples_of, value


def test_the_drop_is_test_minus_out_of_domain() -> None:
    split = ["train"] * 10 + ["val"] * 10 + ["test"] * 50 + ["ood"] * 40
    credit = [1.0] * 20 + [1.0] * 45 + [0.0] * 5 + [1.0] * 20 + [0.0] * 20

    result = domains.compute(samples_of(credit, {"split": split}))

    drop = value(result, "ood_drop")
    assert drop.value == pytest.approx(0.9 - 0.5)
    assert (drop.low, drop.high) == pytest.approx(
        confint_proportions_2indep(45, 50, 20, 40, method="newcomb"), abs=1e-6
    )
    rows = {row.label: row.values for row in result.tables[0].rows}
    assert list(rows) == ["train", "val", "test", "ood"]
    assert rows["train"][1].value is None
    assert rows["ood"][1].value == pytest.approx(0.4)


def test_a_worse_domain_is_marked_and_one_by_chance_is_not() -> None:
    rng = np.random.default_rng(1)
    domain = np.repeat(["home", "street", "night"], 400)
    rates = np.repeat([0.1, 0.1, 0.4], 400)
    credit = (rng.random(1200) >= rates).astype(float)
    split = np.where(domain == "home", "test", "ood")

    result = domains.compute(
        samples_of(credit, {"domain": domain.tolist(), "split": split.tolist()})
    )

    table = next(each for each in result.tables if each.name == "by_domain")
    assert {row.label: row.badge for row in table.rows} == {
        "night": "worse",
        "street": "",
        "home": "",
    }


def test_the_trend_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(2)
    place = rng.integers(0, 5, 600)
    right = rng.random(600) < 0.4 + 0.08 * place
    table = np.array(
        [[(right & (place == n)).sum(), (~right & (place == n)).sum()] for n in range(5)]
    )
    expected = Table(table).test_ordinal_association(col_scores=np.array([1, 0]))

    z, p_value = domains.cochran_armitage(place, right)

    # statsmodels divides by n - 1 where Cochran and Armitage divide by n.
    assert z == pytest.approx(expected.zscore * (600 / 599) ** 0.5)
    assert p_value == pytest.approx(expected.pvalue, abs=1e-4)
    assert domains.cochran_armitage(place, np.ones(600, dtype=bool)) == (0.0, 1.0)


def test_coverage_is_drawn_from_none_to_many() -> None:
    frequency = [0] * 30 + [3] * 30 + [1000] * 30
    credit = [0.0] * 25 + [1.0] * 5 + [0.0] * 15 + [1.0] * 15 + [1.0] * 30

    result = domains.compute(samples_of(credit, numbers={"train_freq_of_template": frequency}))

    chart = result.charts[0]
    assert chart.x_names == ("0", "1–4", "500+")
    assert chart.series[0].y == pytest.approx((5 / 30, 0.5, 1.0))
    assert value(result, "train_freq_of_template_trend").value > 4
    # The errors, first those of the end where the accuracy is lower.
    assert behind(result, "train_freq_of_template_trend") == [
        2 * row for row in [*range(25), *range(30, 45)]
    ]
    assert result.absent == ("split", "domain", "split (with train rows)")


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_samples_break_nothing(count: int) -> None:
    result = domains.compute(
        samples_of(
            [1.0] * count,
            {"split": ["ood"] * count, "domain": ["x"] * count},
            {"domain_ood_score": [50.0] * count},
        )
    )

    assert result.figure("ood_drop") is None
