"""Rates by column and the search for the worst slices, held against SciPy and against nothing."""

import time

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table

from diagnostics.science.measures import error_distribution
from diagnostics.science.measures.samples import Groups, Samples
from diagnostics.science.measures.slices import worst_slices
from tests.diagnostics.science.measures.making import behind, samples_of, value


def rows_of(result, name: str) -> dict[str, tuple]:
    table = next(each for each in result.tables if each.name == name)
    return {row.label: row.values for row in table.rows}


def columns_of(rng: np.random.Generator, count: int, labels: dict[str, int]) -> dict[str, Groups]:
    return {
        name: Groups(
            rng.integers(0, size, count).astype(np.int32), tuple(f"{name}{n}" for n in range(size))
        )
        for name, size in labels.items()
    }


def test_rate_lift_and_share_are_counted_by_hand() -> None:
    types = ["a"] * 6 + ["b"] * 4
    credit = [0, 0, 0, 1, 1, 1, 0, 1, 1, 1]

    result = error_distribution.compute(samples_of(credit, {"question_type": types}))

    rows = rows_of(result, "by_question_type")
    samples, errors, rate, lift, share = rows["a"]
    assert (samples.value, errors.value) == (6, 3)
    assert rate.value == pytest.approx(0.5)
    assert lift.value == pytest.approx(0.5 / 0.4)
    assert share.value == pytest.approx(3 / 4)
    assert list(rows) == ["a", "b"]
    assert value(result, "error_rate").value == pytest.approx(0.4)


def test_association_is_scipys_bias_corrected() -> None:
    table = np.array([[30, 12, 8], [20, 38, 42]])
    strength, p_value = error_distribution.cramers_v(table)

    tested = stats.chi2_contingency(table, correction=False)
    n = table.sum()
    phi = max(0, tested.statistic / n - 2 / (n - 1))
    expected = (phi / min(2 - 1 / (n - 1) - 1, 3 - 4 / (n - 1) - 1)) ** 0.5
    assert strength == pytest.approx(expected)
    assert p_value == pytest.approx(tested.pvalue)
    assert error_distribution.cramers_v(np.array([[10, 10], [90, 90]]))[0] == pytest.approx(0)


def test_the_residuals_are_those_of_statsmodels() -> None:
    table = np.array([[30, 12, 8, 0], [20, 38, 42, 0]])

    found = error_distribution.residuals(table[0], table.sum(axis=0))

    oracle = Table(table[:, :3], shift_zeros=False).standardized_resids[0]
    assert found[:3] == pytest.approx(oracle)
    assert found[3] == 0
    assert error_distribution.residuals(np.array([5, 3]), np.array([5, 3])).tolist() == [0, 0]


def test_the_errors_of_values_that_stand_out_lie_behind_the_association() -> None:
    types = ["bad"] * 20 + ["worse"] * 20 + ["middling"] * 20 + ["fine"] * 140
    credit = np.ones(200)
    credit[[*range(10), *range(20, 34), *range(40, 44), 199]] = 0

    result = error_distribution.compute(samples_of(credit, {"question_type": types}))

    # 14 of 20, then 10 of 20; 4 of 20 is no more than 29 of 200 leaves to chance.
    assert behind(result, "depends_on_question_type") == [
        2 * row for row in [*range(20, 34), *range(10)]
    ]


def test_where_no_value_stands_out_the_highest_is_listed() -> None:
    credit = [0.0] * 3 + [1.0] * 7 + [0.0] * 2 + [1.0] * 8

    result = error_distribution.compute(
        samples_of(credit, {"question_type": ["a"] * 10 + ["b"] * 10})
    )

    assert behind(result, "depends_on_question_type") == [0, 2, 4]


def test_a_planted_pair_is_found_and_not_blamed_on_its_parts() -> None:
    rng = np.random.default_rng(1)
    columns = columns_of(rng, 8000, {"x": 6, "y": 5, "z": 4})
    bad = (columns["x"].codes == 2) & (columns["y"].codes == 3)
    error = rng.random(8000) < np.where(bad, 0.6, 0.1)

    found, searched = worst_slices(columns, error, np.ones(8000, dtype=bool))

    assert found[0].parts == (("x", "x2"), ("y", "y3"))
    assert found[0].samples == bad.sum()
    assert found[0].errors == (bad & error).sum()
    assert searched == 6 + 5 + 4 + 30 + 24 + 20
    assert all(len(each.parts) == 1 or each == found[0] for each in found)


def test_a_bad_value_is_not_repeated_by_pairs_of_it() -> None:
    rng = np.random.default_rng(2)
    columns = columns_of(rng, 6000, {"x": 5, "y": 5})
    error = rng.random(6000) < np.where(columns["x"].codes == 1, 0.5, 0.1)

    found, _ = worst_slices(columns, error, np.ones(6000, dtype=bool))

    assert [each.parts for each in found] == [(("x", "x1"),)]


def test_single_slices_have_fishers_p_value() -> None:
    columns = {"x": Groups(np.repeat([0, 1], [40, 160]).astype(np.int32), ("bad", "good"))}
    error = np.zeros(200, dtype=bool)
    error[:25] = True
    error[40:70] = True

    found, searched = worst_slices(columns, error, np.ones(200, dtype=bool))

    expected = stats.fisher_exact([[25, 15], [30, 130]], alternative="greater").pvalue
    assert found[0].p_adjusted == pytest.approx(expected * searched)
    assert found[0].rest_rate == pytest.approx(30 / 160)


def test_without_an_effect_hardly_ever_a_slice_is_claimed() -> None:
    rng = np.random.default_rng(3)
    false = 0
    for _ in range(120):
        columns = columns_of(rng, 1500, {"x": 6, "y": 5, "z": 3})
        found, _ = worst_slices(columns, rng.random(1500) < 0.2, np.ones(1500, dtype=bool))
        false += bool(found)

    # At most 5 %; 12 of 120 or more would happen once in 60 such tests.
    assert false < 12


def test_rows_and_slices_lead_to_their_samples() -> None:
    types = ["a"] * 30 + ["b"] * 120
    credit = [0.0] * 25 + [1.0] * 5 + [1.0] * 120

    result = error_distribution.compute(
        samples_of(credit, {"question_type": types, "meta.site": types})
    )

    worst = next(each for each in result.tables if each.name == "slices")
    assert {row.label for row in worst.rows} == {"question type: a", "site: a"}
    behind = {row.label: row.behind for row in worst.rows}
    assert behind["question type: a"].criteria == {"question_type": ["a"]}
    assert behind["site: a"] is None


@pytest.mark.parametrize("credit", [[], [0.0], [1.0] * 30, [0.0] * 30])
def test_edges_break_nothing(credit: list[float]) -> None:
    result = error_distribution.compute(
        samples_of(credit, {"question_type": ["a", "b"] * (len(credit) // 2) or None})
        if credit and len(credit) > 1
        else samples_of(credit)
    )

    assert value(result, "error_rate").count == len(credit)
    assert "template" in result.absent


def test_a_million_samples_take_seconds() -> None:
    rng = np.random.default_rng(4)
    count = 1_000_000
    names = {"question_type": 8, "template": 300, "category": 100, "difficulty": 5, "domain": 6}
    error = rng.random(count) < 0.3
    samples = Samples(np.arange(count), 1.0 - error, error, groups=columns_of(rng, count, names))
    begun = time.perf_counter()

    result = error_distribution.compute(samples)

    assert time.perf_counter() - begun < 10
    assert value(result, "error_rate").count == count


def test_mined_templates_are_a_column_whose_errors_are_named() -> None:
    credit = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    mined = ["is it …", "is it …", "is it …", "who …", "who …", None]

    result = error_distribution.compute(samples_of(credit, {"mined_template": mined}))

    (table,) = [each for each in result.tables if each.name == "by_mined_template"]
    assert table.of == "mined template"
    assert [(row.label, row.values[1].value) for row in table.rows] == [
        ("is it …", 2),
        ("who …", 1),
    ]
    assert [row.behind.positions for row in table.rows] == [(0, 2), (8,)]
    assert "template" not in result.absent
    assert "template" in error_distribution.compute(samples_of(credit)).absent


def test_the_errors_of_a_slice_of_a_mined_template_are_named() -> None:
    rng = np.random.default_rng(3)
    mined = np.array(["is it …", "who …", "where …"])[rng.integers(3, size=900)]
    category = np.array(["cat", "dog"])[rng.integers(2, size=900)]
    bad = (mined == "who …") & (category == "dog")
    wrong = rng.random(900) < np.where(bad, 0.8, 0.1)

    result = error_distribution.compute(
        samples_of(
            np.where(wrong, 0.0, 1.0).tolist(),
            {"mined_template": mined.tolist(), "category": category.tolist()},
        )
    )

    row = next(each for each in result.tables if each.name == "slices").rows[0]
    assert "mined template: who …" in row.label
    assert row.behind is not None
    assert set(row.behind.positions or ()) <= set((np.flatnonzero(bad & wrong) * 2).tolist())
