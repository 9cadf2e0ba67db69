"""Attention of errors held against that of right answers."""

import numpy as np
import pytest
from scipy import stats

from diagnostics.science.measures import alignment
from tests.diagnostics.science.measures.making import behind, samples_of, value


def test_errors_that_look_elsewhere_differ_from_right_answers() -> None:
    rng = np.random.default_rng(1)
    credit = np.repeat([1.0, 0.0], 100)
    inside = np.concatenate([rng.beta(6, 3, 100), rng.beta(2, 6, 100)])

    result = alignment.compute(samples_of(credit, numbers={"attention_in_box": inside}))

    gap = value(result, "attention_in_box_gap")
    expected = stats.ttest_ind(inside[100:], inside[:100], equal_var=False).confidence_interval()
    assert (gap.low, gap.high) == pytest.approx((expected.low, expected.high))
    assert gap.high < 0
    astray = value(result, "attention_in_box_astray")
    assert astray.value == pytest.approx((inside[100:] < 0.2).mean())
    figure = result.figure("attention_in_box_astray")
    assert figure is not None
    assert figure.beside is not None
    assert figure.beside.value == pytest.approx((inside[:100] < 0.2).mean())


def test_the_most_diffuse_and_the_most_distant_come_first() -> None:
    result = alignment.compute(
        samples_of(
            [0, 0, 0, 1],
            numbers={
                "attention_entropy": [0.95, 0.99, 0.3, 0.99],
                "localization_iou": [0.05, np.nan, 0.0, 0.0],
            },
        )
    )

    assert behind(result, "attention_entropy_astray") == [2, 0]
    assert behind(result, "localization_iou_astray") == [4, 0]
    assert value(result, "localization_iou_astray").count == 2


def test_questions_of_place_are_looked_at_on_their_own() -> None:
    types = ["position", "counting", "Where is it", None]

    result = alignment.compute(
        samples_of(
            [0, 1, 1, 0], {"question_type": types}, {"localization_iou": [0.1, 0.9, 0.7, 0.9]}
        )
    )

    assert value(result, "localization_iou_places").value == pytest.approx(0.4)
    assert value(result, "localization_iou_places").count == 2


def test_histograms_are_shares_of_their_own_kind() -> None:
    result = alignment.compute(
        samples_of([0, 0, 1, 1, 1], numbers={"attention_entropy": [0.1, 1.0, 0.5, 0.5, 0.0]})
    )

    for series in result.charts[0].series:
        assert sum(series.y) == pytest.approx(1)
    assert [sum(series.counts) for series in result.charts[0].series] == [3, 2]


@pytest.mark.parametrize("credit", [[], [1.0, 1.0], [0.0]])
def test_one_kind_alone_breaks_nothing(credit: list[float]) -> None:
    result = alignment.compute(
        samples_of(credit, numbers={"attention_entropy": [0.5] * len(credit)})
    )

    assert all(each.value.value is None for each in result.figures if each.name.endswith("_gap"))


def test_a_bare_record_says_which_fields_are_missing() -> None:
    assert alignment.compute(samples_of([0, 1])).absent == ("attention", "boxes", "predicted_box")
