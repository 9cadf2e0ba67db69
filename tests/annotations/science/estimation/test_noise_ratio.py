"""The noise ratio: two answers, bounds, and early answers that nothing can overturn."""

from itertools import product

import numpy as np
import pytest
from django.utils import translation

from annotations.science.estimation.intervals import (
    hypergeometric_count_interval,
    hypergeometric_interval,
)
from annotations.science.estimation.noise_ratio import (
    GroupTally,
    Tally,
    by_group,
    established,
    items_to_settle,
    noise_ratio,
    rule_as_written,
)
from annotations.science.estimation.protocols import PROTOCOLS, Protocol, custom
from annotations.standing import words

QUALITY = PROTOCOLS["quality-200"]
CHECKLIST = PROTOCOLS["checklist-100"]


def final_answer(x: int, d: int, undecided: int, population: int, protocol: Protocol) -> str:
    """What the finished audit says, straight from the interval."""
    if d == 0:
        return "not_settled"
    decidable = population - undecided
    interval = hypergeometric_count_interval(x, d, decidable)
    needed = protocol.needed_count(decidable)
    if interval.low >= needed:
        return "at_least"
    return "below" if interval.high < needed else "not_settled"


def completions(x: int, d: int, u: int, waiting: int) -> list[tuple[int, int, int]]:
    """Every way the waiting items can end: noise, not noise, undecided."""
    return [
        (x + noise, d + noise + clean, u + waiting - noise - clean)
        for noise, clean in product(range(waiting + 1), repeat=2)
        if noise + clean <= waiting
    ]


@pytest.mark.parametrize(
    "protocol", [custom(1, "20%"), custom(1, "20%", strict=True), custom(1, "1/2")]
)
@pytest.mark.parametrize(("population", "drawn"), [(12, 9), (25, 16), (60, 18)])
def test_an_early_answer_is_one_that_every_completion_leads_to(
    population: int, drawn: int, protocol: Protocol
) -> None:
    early = 0
    for waiting in range(1, drawn + 1):
        for undecided in range(drawn - waiting + 1):
            decided = drawn - waiting - undecided
            for noisy in range(decided + 1):
                said = established(noisy, decided, undecided, waiting, population, protocol)
                finals = {
                    final_answer(*end, population, protocol)
                    for end in completions(noisy, decided, undecided, waiting)
                }
                if said != "not_settled":
                    early += 1
                    assert finals == {said}
                else:  # and no answer is held back that was already certain
                    assert len(finals) > 1 or finals == {"not_settled"}
    assert early > 0


def test_a_finished_audit_is_settled_by_its_interval() -> None:
    for noisy in range(61):
        said = established(noisy, 60, 0, 0, 500, QUALITY)
        assert said == final_answer(noisy, 60, 0, 500, QUALITY)


def test_exactly_one_fifth_is_where_the_protocols_differ() -> None:
    tally = Tally(population=100, drawn=100, match=80, mismatch=20)
    quality, checklist = noise_ratio(tally, QUALITY), noise_ratio(tally, CHECKLIST)
    assert (quality.rule, quality.established) == ("at_least", "at_least")
    assert (checklist.rule, checklist.established) == ("below", "below")


def test_the_two_answers_can_differ() -> None:
    found = noise_ratio(Tally(population=2000, drawn=200, match=155, mismatch=45), QUALITY)
    assert found.rule == "at_least"
    assert found.established == "not_settled"
    assert found.items_to_settle is not None
    assert found.items_to_settle > 0
    assert (found.low, found.high) == (
        hypergeometric_interval(45, 200, 2000).low,
        hypergeometric_interval(45, 200, 2000).high,
    )
    with translation.override("en"):
        said = words.sentence(found)
    assert said.startswith("We drew 200 of 2,000 errors at random; 45 were noise")


def test_the_page_groups_the_digits_of_counts_as_its_tables_do() -> None:
    found = noise_ratio(Tally(population=12_000, drawn=1_434, match=1_000, mismatch=434), QUALITY)
    with translation.override("en"):
        assert words.sentence(found).startswith("We drew 1,434 of 12,000 errors at random; ")


def test_no_verdicts_say_nothing() -> None:
    for tally in (Tally(2000, 200, waiting=200), Tally(50, 5, unsure=3, unusable=2), Tally(7, 0)):
        found = noise_ratio(tally, QUALITY)
        assert found.point is None
        assert (found.low, found.high) == (0.0, 1.0)
        assert (found.rule, found.established) == ("no_verdicts", "not_settled")
        assert found.items_to_settle is None
    assert noise_ratio(Tally(2000, 200, waiting=200), QUALITY).bounds.if_all_noise is None


def test_undecided_items_leave_the_denominator_and_are_bounded() -> None:
    tally = Tally(
        population=1000, drawn=100, match=60, mismatch=15, wrong_answer=5, ambiguous=10,
        unsure=6, unusable=4,
    )  # fmt: skip
    found = noise_ratio(tally, QUALITY)
    assert (found.successes, found.decided, found.undecided) == (20, 90, 10)
    assert found.point == pytest.approx(20 / 90)
    assert found.bounds.if_all_noise == pytest.approx(0.30)
    assert found.bounds.if_none_noise == pytest.approx(0.20)
    assert found.bounds.low <= found.low
    assert found.bounds.high >= found.high
    assert found.mismatch_only.point == pytest.approx(15 / 90)


def test_which_verdicts_count_is_a_setting() -> None:
    tally = Tally(population=1000, drawn=100, match=60, mismatch=15, wrong_answer=5, ambiguous=20)
    assert noise_ratio(tally, QUALITY, ["mismatch"]).successes == 15
    assert noise_ratio(tally, QUALITY, ["ambiguous", "mismatch", "mismatch"]).successes == 35
    with pytest.raises(ValueError, match="unsure cannot count as noise"):
        noise_ratio(tally, QUALITY, ["unsure"])


def test_a_census_with_undecided_items_is_a_point_over_the_decided() -> None:
    tally = Tally(population=50, drawn=50, match=30, mismatch=15, unsure=5)
    found = noise_ratio(tally, QUALITY)
    assert found.low == found.high == found.point == pytest.approx(15 / 45)
    assert found.established == "at_least"
    assert found.items_to_settle is None


def test_a_running_audit_is_not_settled_by_peeking() -> None:
    # The interval of the first 40 alone would already lie above 20 %.
    tally = Tally(population=2000, drawn=200, match=24, mismatch=16, waiting=160)
    found = noise_ratio(tally, QUALITY)
    assert found.low > 0.2
    assert found.established == "not_settled"
    assert not found.complete


def test_one_item_and_one_error() -> None:
    found = noise_ratio(Tally(population=1, drawn=1, mismatch=1), QUALITY)
    assert (found.point, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.established == "at_least"
    waiting = noise_ratio(Tally(population=1, drawn=1, waiting=1), QUALITY)
    assert waiting.established == "not_settled"


@pytest.mark.parametrize("seed", range(3))
def test_the_forecast_settles_about_as_often_as_it_promises(seed: int) -> None:
    rng = np.random.default_rng(seed)
    population, tally = 2000, Tally(population=2000, drawn=100, match=75, mismatch=25)
    more = items_to_settle(tally, 25, QUALITY)
    assert more is not None
    assert 0 < more < 1900
    settled = 0
    for _ in range(2000):
        # M given the first 100, under the uniform prior: the rest is beta-binomial.
        noisy = rng.binomial(1900, rng.beta(26, 76))
        found = 25 + rng.hypergeometric(noisy, 1900 - noisy, more)
        settled += established(found, 100 + more, 0, 0, population, QUALITY) != "not_settled"
    assert settled / 2000 == pytest.approx(0.8, abs=0.03)


def test_forecasts_know_what_is_waiting_and_what_is_left() -> None:
    waiting = Tally(population=2000, drawn=200, match=10, mismatch=30, waiting=160)
    assert noise_ratio(waiting, QUALITY).items_to_settle == 0
    close = Tally(population=220, drawn=200, match=160, mismatch=40)
    assert noise_ratio(close, QUALITY).items_to_settle == 20
    settled = Tally(population=2000, drawn=200, match=100, mismatch=100)
    assert noise_ratio(settled, QUALITY).items_to_settle is None
    assert items_to_settle(Tally(10, 10, match=9, mismatch=1), 1, QUALITY) is None


def test_undecided_items_make_the_forecast_longer() -> None:
    plain = noise_ratio(Tally(5000, 100, match=75, mismatch=25), QUALITY).items_to_settle
    slow = noise_ratio(Tally(5000, 200, match=75, mismatch=25, unsure=100), QUALITY).items_to_settle
    assert plain is not None
    assert slow is not None
    assert slow == pytest.approx(2 * plain, rel=0.05)


def test_the_rule_compares_whole_numbers() -> None:
    assert rule_as_written(0, 0, QUALITY) == "no_verdicts"
    assert rule_as_written(3, 15, QUALITY) == "at_least"
    assert rule_as_written(3, 15, CHECKLIST) == "below"


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"population": 10, "drawn": 5, "match": 4}, "4 items counted, but 5 were drawn"),
        ({"population": 4, "drawn": 5, "match": 5}, "population of only 4"),
        ({"population": 10, "drawn": 0, "match": 1, "waiting": -1}, "negative"),
    ],
)
def test_tallies_that_do_not_add_up_are_refused(counts: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Tally(**counts)


def test_groups_get_their_own_exact_interval() -> None:
    rows = by_group(
        [
            GroupTally("cats", population=40, drawn=10, successes=3, decided=9, undecided=1),
            GroupTally("tiny", population=2, drawn=2, successes=1, decided=2),
            GroupTally("unseen", population=30, drawn=0, successes=0, decided=0),
        ]
    )
    assert [row.name for row in rows] == ["cats", "tiny", "unseen"]
    assert rows[0].low == hypergeometric_interval(3, 9, 39).low
    assert (rows[1].low, rows[1].high) == (0.5, 0.5)
    assert (rows[2].point, rows[2].low, rows[2].high) == (None, 0.0, 1.0)
    assert by_group([]) == []
