"""Cards: names that tell clusters apart, confusions that are counted, samples that stand for them."""

import json
import math
from typing import Any

import numpy as np
import pytest

from triage.science.analysis.cluster_cards import EXEMPLARS, _name, class_terms, make_cards


def rows_of(texts: list[str], **columns: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "position": 100 + number,
            "question": text,
            "answers": ["yes"],
            "prediction": "no",
            **{name: values[number] for name, values in columns.items()},
        }
        for number, text in enumerate(texts)
    ]


def cards_of(rows: list[dict[str, Any]], labels: list[int]) -> list[Any]:
    count = len(rows)
    places = np.column_stack([np.arange(count), np.zeros(count)])
    return make_cards(rows, np.array(labels), np.linspace(1, 0.1, count), places)


def test_terms_are_ranked_by_class_based_tf_idf() -> None:
    # Cluster 0: dog ×3, park ×1; cluster 1: dog ×1, pizza ×2, knife ×1. Mean words: 8 / 2 = 4.
    texts = ["dog dog", "dog park", "dog pizza", "pizza knife"]

    found = class_terms(texts, np.array([0, 0, 1, 1]))

    weights = {
        "dog0": 3 / 4 * math.log(1 + 4 / 4),
        "park": 1 / 4 * math.log(1 + 4 / 1),
        "dog1": 1 / 4 * math.log(1 + 4 / 4),
        "pizza": 2 / 4 * math.log(1 + 4 / 2),
        "knife": 1 / 4 * math.log(1 + 4 / 1),
    }
    assert weights["dog0"] > weights["park"]
    assert weights["pizza"] > weights["knife"] > weights["dog1"]
    assert found == {0: ["dog", "park"], 1: ["pizza", "knife", "dog"]}


def test_a_word_of_nearly_all_clusters_names_none_from_four_clusters_on() -> None:
    things = ["dog", "pizza", "truck", "river", "chair"]
    texts = [f"image image image {thing}" for thing in things]

    found = class_terms(texts, np.arange(5))

    assert found == {number: [thing] for number, thing in enumerate(things)}


def test_a_word_of_just_four_fifths_of_the_clusters_may_still_name_them() -> None:
    texts = ["image dog", "image pizza", "image truck", "image river", "chair"]

    found = class_terms(texts, np.arange(5))

    assert "image" in found[0]


def test_with_three_clusters_common_words_are_kept() -> None:
    texts = ["image dog", "image pizza", "image truck"]

    assert all("image" in terms for terms in class_terms(texts, np.arange(3)).values())


def test_words_that_all_clusters_of_one_head_use_alike_mark_none_of_them() -> None:
    texts = ["how many dogs", "how many cats", "where lamp", "where sofa"]
    heads = {0: "counting", 1: "counting", 2: "position", 3: "position"}

    found = class_terms(texts, np.arange(4), heads)

    assert found == {0: ["dogs"], 1: ["cats"], 2: ["lamp"], 3: ["sofa"]}


def test_a_cluster_alone_with_its_head_keeps_its_words() -> None:
    found = class_terms(["how many dogs", "where lamp"], np.arange(2), {0: "a", 1: "b"})

    assert {"how", "many", "dogs"} == set(found[0])


def test_clusters_with_the_very_same_words_keep_them() -> None:
    found = class_terms(["dog dog cat"] * 2, np.arange(2), {0: "a", 1: "a"})

    assert found == {0: ["dog", "cat"], 1: ["dog", "cat"]}


def test_a_small_difference_marks_a_cluster_that_has_no_larger_one() -> None:
    texts = ["how many dogs dogs dogs cats cats", "how many dogs dogs cats cats cats"]

    found = class_terms(texts, np.arange(2), {0: "counting", 1: "counting"})

    assert (found[0], found[1]) == (["dogs"], ["cats"])


def test_as_many_words_are_given_as_are_asked_for() -> None:
    found = class_terms(["ape bee cow dog elk fox", "gnu"], np.array([0, 1]), most=5)

    assert len(found[0]) == 5


def test_words_of_the_unclustered_count_for_nothing() -> None:
    found = class_terms(["dog", "dog", "cat", "zebra"], np.array([0, 0, 1, -1]))

    assert found == {0: ["dog"], 1: ["cat"]}


def test_question_words_tell_and_other_stop_words_do_not() -> None:
    found = class_terms(["how many of the dogs", "is there a cat"], np.array([0, 1]))

    assert {"how", "many", "dogs"} <= set(found[0])
    assert found[1] == ["cat"]


def test_texts_without_words_give_no_terms() -> None:
    assert class_terms(["1 2", "the of"], np.array([0, 1])) == {}
    assert class_terms([], np.array([], dtype=int)) == {}
    assert class_terms(["dog"], np.array([-1])) == {}


def test_words_of_chinese_questions_are_found() -> None:
    found = class_terms(["图里 有 几只 狗", "桌子 在 哪里"], np.array([0, 1]))

    assert "几只" in found[0]
    assert "桌子" in found[1]


def test_a_run_without_errors_has_no_cards() -> None:
    assert make_cards([], np.array([], dtype=int), np.zeros(0), np.zeros((0, 2))) == []


def test_one_unclustered_error_is_one_card() -> None:
    cards = cards_of(rows_of(["dog"]), [-1])

    assert [(card.cluster, card.name, card.size) for card in cards] == [(-1, "Unclustered", 1)]
    assert cards[0].exemplars == (100,)


def test_cards_come_largest_first_and_the_unclustered_last() -> None:
    rows = rows_of(["dog", "dog", "dog", "cat", "cat", "river"])

    cards = cards_of(rows, [0, 0, 0, 1, 1, -1])

    assert [card.cluster for card in cards] == [0, 1, -1]
    assert [card.size for card in cards] == [3, 2, 1]
    assert sum(card.share_of_errors for card in cards) == pytest.approx(1)


def test_names_are_distinct_even_when_the_words_are_not() -> None:
    cards = cards_of(rows_of(["dog"] * 6), [0, 0, 1, 1, 2, 2])

    names = [card.name for card in cards]
    assert len(set(names)) == 3
    assert names[1] == f"{names[0]} (2)"


def test_a_taken_name_is_told_apart_by_a_further_word_before_a_number() -> None:
    words = ["left", "right", "on", "green"]

    first = _name("position", words, set())
    second = _name("position", words, {first})
    third = _name("position", words, {first, second})
    fourth = _name("position", words, {first, second, third})

    assert first == "position: left, right, on"
    assert second == "position: left, right, green"
    assert third == "position: left, right, on (2)"
    assert fourth == "position: left, right, on (3)"


def test_words_of_the_head_are_not_said_twice() -> None:
    assert _name("sports ball", ["ball", "bat"], set()) == "sports ball: bat"
    assert _name("counting", [], set()) == "counting"
    assert _name("", [], {"Without words"}) == "Without words (2)"
    assert _name("", ["dog"], set()) == "dog"


def test_a_cluster_without_words_has_a_name_too() -> None:
    rows = [{**row, "answers": [], "prediction": "3"} for row in rows_of(["1", "2"])]

    assert cards_of(rows, [0, 0])[0].name == "Without words"


def test_a_name_starts_with_the_metadata_that_most_of_the_cluster_shares() -> None:
    kinds = ["counting"] * 3 + ["position"] * 3
    rows = rows_of(["dogs"] * 3 + ["left"] * 3, question_type=kinds)

    first, second = cards_of(rows, [0, 0, 0, 1, 1, 1])

    assert first.name.startswith("counting: dogs")
    assert second.name.startswith("position: left")
    share = first.shares[0]
    assert (share.column, share.value, share.count, share.share) == (
        "question_type",
        "counting",
        3,
        1,
    )
    assert share.lift == pytest.approx(2)


def test_what_all_errors_have_is_no_mark_of_a_cluster() -> None:
    rows = rows_of(["dogs", "dogs", "left", "left"], split=["test"] * 4)

    assert all(card.shares == () for card in cards_of(rows, [0, 0, 1, 1]))


def test_confusions_are_counted_against_the_commonest_reference() -> None:
    rows = rows_of(["a dog"] * 4)
    rows[0] |= {"prediction": "2", "answers": ["3", "3", "2"]}
    rows[1] |= {"prediction": "2", "answers": ["3"]}
    rows[2] |= {"prediction": "4", "answers": None}
    rows[3] |= {"prediction": "2", "answers": ["3"]}

    found = cards_of(rows, [0] * 4)[0].confusions

    assert [(each.prediction, each.reference, each.count) for each in found] == [
        ("2", "3", 3),
        ("4", "—", 1),
    ]


def test_exemplars_are_strong_different_and_spread_out() -> None:
    count = 40
    rows = rows_of(["dog"] * count)

    found = cards_of(rows, [0] * count)[0].exemplars

    assert found[0] == 100  # the strongest
    assert len(set(found)) == EXEMPLARS
    # All from the stronger half, and its far end is among them.
    assert max(found) == 100 + count // 2 - 1


def test_samples_on_one_spot_are_not_shown_twice() -> None:
    rows = rows_of(["dog"] * 10)

    card = make_cards(rows, np.zeros(10, dtype=int), np.ones(10), np.zeros((10, 2)))[0]

    assert len(set(card.exemplars)) == EXEMPLARS


def test_a_card_is_ready_for_json() -> None:
    card = cards_of(rows_of(["dog"] * 3), [0] * 3)[0]

    again = json.loads(json.dumps(card.to_dict()))

    assert again["size"] == 3
    assert again["confusions"] == [{"prediction": "no", "reference": "yes", "count": 3}]
