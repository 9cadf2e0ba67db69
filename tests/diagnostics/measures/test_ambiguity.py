"""Places of the reference, near misses, and people who differ."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import top_k_accuracy_score

from diagnostics.science.measures import ambiguity
from tests.diagnostics.science.measures.making import behind, samples_of, value


def test_top_k_inclusion_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    scores = rng.random((300, 8))
    truth = rng.integers(0, 8, 300)
    ranks = 1 + (scores > scores[np.arange(300), truth][:, None]).sum(axis=1)
    credit = (ranks == 1).astype(float)

    result = ambiguity.compute(samples_of(credit, numbers={"reference_rank": ranks}))

    for place in (1, 3, 5):
        expected = top_k_accuracy_score(truth, scores, k=place, labels=range(8))
        assert value(result, f"top_{place}").value == pytest.approx(expected)


def test_near_misses_are_errors_with_the_reference_close_behind() -> None:
    result = ambiguity.compute(
        samples_of(
            [0, 0, 0, 0, 1],
            numbers={
                "reference_rank": [2, 6, np.inf, 4, 1],
                "top_margin": [0.05, 0.5, 0.02, 0.4, 0.01],
            },
        )
    )

    assert value(result, "near_misses").value == pytest.approx(2 / 4)
    assert behind(result, "near_misses") == [0, 6]
    assert value(result, "close_errors").value == pytest.approx(2 / 4)
    assert behind(result, "close_errors") == [4, 0]


def test_people_who_differ_are_counted_and_the_trend_is_spearmans() -> None:
    counts = np.array([[10, 0, 0], [4, 3, 3], [6, 4, 0], [9, 1, 0], [1, 0, 0], [3, 3, 3]], float)
    credit = np.array([1, 0, 1, 1, 1, 0.3])

    result = ambiguity.compute(samples_of(credit, reference_counts=counts))

    apart = ambiguity.disagreement(counts)
    assert apart == pytest.approx([0, 0.6, 0.4, 0.1, np.nan, 2 / 3], nan_ok=True)
    assert value(result, "divided").value == pytest.approx(2 / 5)
    assert behind(result, "divided") == [10, 2]
    known = np.isfinite(apart)
    expected = stats.spearmanr(apart[known], credit[known]).statistic
    assert value(result, "disagreement_trend").value == pytest.approx(expected)
    assert result.charts[0].series[0].counts == (2, 1, 2)


def test_attention_that_context_does_not_move_is_near_zero() -> None:
    result = ambiguity.compute(
        samples_of([1, 1, 0, 0], numbers={"token_attention_divergence": [0.4, 0.5, 0.1, np.nan]})
    )

    assert value(result, "attention_by_context").value == pytest.approx(1 / 3)
    assert value(result, "attention_by_context_gap").value is None


def test_types_are_told_apart() -> None:
    types = ["what"] * 12 + ["where"] * 12 + ["rare"]
    ranks = [1.0] * 12 + [2.0] * 12 + [1.0]

    result = ambiguity.compute(
        samples_of([1.0] * 25, {"question_type": types}, {"reference_rank": ranks})
    )

    rows = {row.label: [each.value for each in row.values] for row in result.tables[0].rows}
    assert rows == {"what": [1, 1, 1], "where": [0, 1, 1]}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_bare_record_says_what_it_lacks(count: int) -> None:
    result = ambiguity.compute(samples_of([0.0] * count))

    assert result.figures == ()
    assert result.absent == ("candidates", "token_attention", "answers (several a sample)")
