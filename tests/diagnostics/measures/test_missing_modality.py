"""One modality alone: gaps on the same samples, what is harmed, what is absent."""

import numpy as np
import pytest
from scipy import stats

from diagnostics.science.measures import missing_modality
from tests.diagnostics.science.measures.making import behind, samples_of, value

CREDIT = [1, 1, 1, 0, 0, 0, 1, 0]
TEXT = [1, 1, 0, 1, 0, 0, 1, 0]
IMAGE = [0, 0, 0, 0, 0, 1, 1, 0]


def test_gaps_are_paired_on_the_same_samples() -> None:
    result = missing_modality.compute(
        samples_of(CREDIT, numbers={"text_only_credit": TEXT, "image_only_credit": IMAGE})
    )

    expected = stats.ttest_rel(CREDIT, TEXT).confidence_interval()
    gap = value(result, "text_only_gap")
    assert gap.value == pytest.approx(0.0)
    assert (gap.low, gap.high) == pytest.approx((expected.low, expected.high))
    assert value(result, "text_only_enough").value == pytest.approx(3 / 4)
    assert value(result, "image_only_enough").value == pytest.approx(1 / 4)
    assert value(result, "text_only_harmed").value == pytest.approx(1 / 4)
    assert behind(result, "text_only_harmed") == [6]
    assert behind(result, "image_only_harmed") == [10]
    assert value(result, "one_is_enough").value == pytest.approx(5 / 8)


def test_answers_that_need_no_image_are_found_with_the_blind_among_them() -> None:
    result = missing_modality.compute(
        samples_of(
            CREDIT,
            numbers={
                "text_only_credit": TEXT,
                "text_only_same": [1, 1, 0, 1, 1, 0, 1, 0],
                "attention_entropy": [0.5, 0.5, 0.5, 0.95, 0.2, 0.99, 0.5, 0.5],
            },
        )
    )

    assert value(result, "text_only_same").value == pytest.approx(2 / 4)
    assert behind(result, "text_only_same") == [6, 8]
    assert behind(result, "text_only_blind") == [6]
    assert result.absent == ("image_only",)


def test_types_are_told_apart() -> None:
    types = ["counting"] * 20 + ["position"] * 20 + ["rare"] * 2
    credit = [1.0] * 42
    text = [1.0] * 20 + [0.0] * 20 + [1.0, 0.0]

    result = missing_modality.compute(
        samples_of(credit, {"question_type": types}, {"text_only_credit": text})
    )

    rows = {row.label: row.values for row in result.tables[0].rows}
    assert set(rows) == {"counting", "position"}
    assert rows["counting"][2].value == pytest.approx(0)
    assert rows["position"][2].value == pytest.approx(1)


def test_training_samples_do_not_count() -> None:
    split = ["train", "test"] * 4

    result = missing_modality.compute(
        samples_of(CREDIT, {"split": split}, {"text_only_credit": TEXT})
    )

    assert value(result, "both").count == 4


def test_a_run_without_single_answers_says_which_fields() -> None:
    assert missing_modality.compute(samples_of(CREDIT)).absent == ("text_only", "image_only")
    empty = missing_modality.compute(samples_of([], numbers={"text_only_credit": []}))
    assert empty.absent == ("text_only", "image_only")


def test_all_right_has_no_errors_to_speak_of() -> None:
    result = missing_modality.compute(
        samples_of(np.ones(5), numbers={"text_only_credit": np.ones(5)})
    )

    assert value(result, "text_only_harmed").value is None
    assert value(result, "text_only_enough").value == 1
