"""Pairs that belong together and pairs that do not; clusters of text against categories."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from diagnostics.science.measures import semantic_gap
from diagnostics.science.measures.samples import Vectors
from tests.diagnostics.science.measures.making import behind, samples_of, value


def spaces(count: int, noise: float, seed: int = 1) -> tuple[Vectors, Vectors]:
    """Images and their texts in one space, `noise` apart."""
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(count, 16))
    text = image + noise * rng.normal(size=(count, 16))
    rows = np.arange(count)
    return tuple(Vectors(rows, each.astype(np.float32), one_space=True) for each in (image, text))


def test_close_pairs_are_told_from_mismatched_ones() -> None:
    image, text = spaces(400, 0.5)

    result = semantic_gap.compute(samples_of([1.0] * 400, image_vectors=image, text_vectors=text))

    assert value(result, "matched").value > 0.8
    assert abs(value(result, "mismatched").value) < 0.05
    assert value(result, "pairs_auroc").low > 0.99
    assert value(result, "pairs_overlap").value < 0.1


def test_unrelated_pairs_are_a_coin() -> None:
    image, _ = spaces(400, 0.5)
    _, text = spaces(400, 0.5, seed=2)

    result = semantic_gap.compute(samples_of([1.0] * 400, image_vectors=image, text_vectors=text))

    found = value(result, "pairs_auroc")
    assert found.low < 0.5 < found.high
    assert value(result, "pairs_overlap").value > 0.8


def test_no_text_is_mismatched_with_its_own_image_and_the_auroc_is_scikit_learns() -> None:
    image = np.eye(50)

    matched, mismatched = semantic_gap.cosines(image, image)

    assert matched.tolist() == [1.0] * 50
    assert mismatched.tolist() == [0.0] * 50
    rng = np.random.default_rng(3)
    one, two = rng.normal(0.5, 1, 80), rng.normal(0, 1, 80)
    expected = roc_auc_score([1] * 80 + [0] * 80, np.concatenate([one, two]))
    assert semantic_gap._auroc(one, two).value == pytest.approx(expected)


def test_errors_whose_pair_is_weak_are_named_the_weakest_first() -> None:
    image, text = spaces(40, 0.2)
    text.values[3] = -image.values[3]
    text.values[8] = -image.values[8] + 1.5
    credit = np.ones(40)
    credit[[3, 8, 20]] = 0

    result = semantic_gap.compute(samples_of(credit, image_vectors=image, text_vectors=text))

    assert behind(result, "weak_pairs") == [6, 16]


def test_texts_that_follow_the_categories_are_found() -> None:
    rng = np.random.default_rng(4)
    kinds = np.arange(300) % 3
    values = (np.eye(3)[kinds] + 0.1 * rng.normal(size=(300, 3))).astype(np.float32)
    names = [("cat", "dog", "bus")[kind] for kind in kinds]
    text = Vectors(np.arange(300), values)

    result = semantic_gap.compute(samples_of([1.0] * 300, {"category": names}, text_vectors=text))
    shuffled = semantic_gap.compute(
        samples_of([1.0] * 300, {"category": rng.permutation(names).tolist()}, text_vectors=text)
    )

    assert value(result, "text_categories_rand").value > 0.9
    assert value(result, "text_categories_rand").p < 0.01
    assert value(shuffled, "text_categories_rand").p > 0.01
    assert "image_embedding and text_embedding in one space" in result.absent


def test_types_are_listed_the_weakest_first() -> None:
    image, text = spaces(100, 0.3)
    text.values[50:] = spaces(50, 0.3, seed=9)[1].values
    types = ["named"] * 50 + ["strange"] * 50

    result = semantic_gap.compute(
        samples_of([1.0] * 100, {"question_type": types}, image_vectors=image, text_vectors=text)
    )

    assert [row.label for row in result.tables[0].rows] == ["strange", "named"]


@pytest.mark.parametrize("count", [0, 1])
def test_without_embeddings_it_says_which(count: int) -> None:
    result = semantic_gap.compute(samples_of([1.0] * count))

    assert result.figures == ()
    assert "text_embedding" in result.absent


@pytest.mark.parametrize("distinct", [1, 2])
def test_texts_that_hardly_differ_are_compared_as_far_as_they_do(distinct: int) -> None:
    vectors = np.eye(4, dtype=np.float32)[np.arange(90) % distinct]
    text = Vectors(np.arange(90), vectors)
    names = [("a", "b", "c")[number % 3] for number in range(90)]

    result = semantic_gap.compute(samples_of([1.0] * 90, {"category": names}, text_vectors=text))

    assert (result.figure("text_categories_rand") is None) == (distinct == 1)


def regions(count: int, lead: float, seed: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "region_word_similarity": rng.normal(0.3 + lead, 0.1, count),
        "region_word_mismatched": rng.normal(0.3, 0.1, count),
    }


def test_regions_and_keywords_are_told_from_those_of_another_picture_as_scikit_learn_says() -> None:
    numbers = regions(300, 0.1)
    credit = (np.arange(300) % 3 > 0).astype(float)
    numbers["region_word_similarity"][7] = np.nan

    result = semantic_gap.compute(samples_of(credit, numbers=numbers))

    known = np.arange(300) != 7
    own, other = (each[known] for each in numbers.values())
    expected = roc_auc_score([1] * 299 + [0] * 299, np.concatenate([own, other]))
    found = value(result, "region_words_auroc")
    assert found.value == pytest.approx(expected)
    assert found.low < expected < found.high
    assert value(result, "region_words_matched").value == pytest.approx(own.mean())
    assert value(result, "region_words_mismatched").value == pytest.approx(other.mean())
    assert "region_embeddings and word_embeddings" not in result.absent


def test_the_regions_of_errors_are_less_like_their_words_by_welchs_interval() -> None:
    numbers = regions(200, 0.2)
    credit = np.ones(200)
    credit[:60] = 0
    own = numbers["region_word_similarity"]
    own[:60] -= 0.15

    result = semantic_gap.compute(samples_of(credit, numbers=numbers))

    found = value(result, "region_words_gap")
    oracle = stats.ttest_ind(own[:60], own[60:], equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    assert found.high < 0
    worst = np.argsort(own[:60])[:3] * 2
    assert behind(result, "region_words_gap")[:3] == worst.tolist()


def test_regions_and_keywords_are_listed_by_question_type() -> None:
    numbers = regions(100, 0.3)
    numbers["region_word_similarity"][50:] -= 0.3
    types = ["named"] * 50 + ["strange"] * 50

    result = semantic_gap.compute(samples_of([1.0] * 100, {"question_type": types}, numbers))

    (table,) = result.tables
    assert table.name == "region_words_by_type"
    assert [row.label for row in table.rows] == ["strange", "named"]
    assert table.rows[0].behind.criteria == {"question_type": ["strange"]}


@pytest.mark.parametrize("count", [0, 1])
def test_without_regions_and_words_it_says_which_fields_would_have_them(count: int) -> None:
    result = semantic_gap.compute(samples_of([1.0] * count, numbers=regions(count, 0.1)))

    assert result.figure("region_words_auroc") is None
    assert "region_embeddings and word_embeddings" in result.absent


def test_samples_whose_text_lies_with_another_category_are_named_the_errors_first() -> None:
    kinds = np.arange(60) % 2
    vectors = np.eye(2, dtype=np.float32)[kinds]
    names = [("cat", "dog")[kind] for kind in kinds]
    names[4], names[9] = "dog", "cat"
    credit = np.ones(60)
    credit[9] = 0

    result = semantic_gap.compute(
        samples_of(credit, {"category": names}, text_vectors=Vectors(np.arange(60), vectors))
    )

    assert behind(result, "text_categories_rand") == [18, 8]
    assert behind(result, "text_categories_information") == [18, 8]


def test_the_commonest_code_of_a_cluster_is_the_lowest_of_equal_ones() -> None:
    found = semantic_gap.commonest(np.array([0, 0, 0, 1, 1]), np.array([2, 2, 0, 1, 0]))
    assert found.tolist() == [2, 2, 2, 0, 0]
