"""Draws: repeatable by anyone, fair, and sensible where there is little to draw."""

import numpy as np
import pytest

from annotations.science.estimation.drawing import (
    NothingToDraw,
    draw_by_protocol,
    draw_proportional,
    draw_simple_random,
    frame_sha256,
    fresh_seed,
    largest_remainder,
)
from annotations.science.estimation.protocols import PROTOCOLS, custom

IDS = [f"sample-{index}" for index in range(1000)]


def test_a_draw_can_be_repeated_from_its_documentation() -> None:
    draw = draw_simple_random(reversed(IDS), 200, seed=7)
    by_hand = sorted(IDS, key=lambda sample_id: sample_id.encode())
    order = np.random.default_rng(7).permutation(1000)
    assert draw.order == [by_hand[index] for index in order[:200]]
    assert (draw.population, draw.seed, draw.design) == (1000, 7, "simple_random")
    assert not draw.census
    assert draw.frame_sha256 == frame_sha256(by_hand)


def test_ids_sort_by_their_bytes() -> None:
    ids = ["é", "z", "Z", "10", "9", "日本", "\U0001f600", "\uffff", ""]
    assert draw_simple_random(ids, 3, 0).frame == sorted(ids, key=lambda text: text.encode())


def test_the_order_of_the_ids_does_not_matter_but_the_seed_does() -> None:
    one, two = draw_simple_random(IDS, 50, 1), draw_simple_random(set(IDS), 50, 1)
    assert one == two
    assert draw_simple_random(IDS, 50, 2).order != one.order


def test_another_frame_has_another_fingerprint() -> None:
    assert frame_sha256(["a", "b"]) != frame_sha256(["a\nb"])
    assert frame_sha256(["a"]) != frame_sha256(["a", "b"])


def test_every_error_is_drawn_equally_often() -> None:
    ids = [f"{index:02d}" for index in range(20)]
    counts = dict.fromkeys(ids, 0)
    for seed in range(4000):
        for sample_id in draw_simple_random(ids, 5, seed).order:
            counts[sample_id] += 1
    # Each count is Binomial(4000, 1/4): mean 1000, standard deviation 27.4.
    assert all(abs(count - 1000) < 4.5 * 27.4 for count in counts.values())


@pytest.mark.parametrize("errors", [1, 199, 200])
def test_fewer_errors_than_the_protocol_draws_are_all_drawn(errors: int) -> None:
    draw = draw_by_protocol(IDS[:errors], PROTOCOLS["quality-200"], 3)
    assert draw.census
    assert sorted(draw.order) == sorted(IDS[:errors])
    assert draw.population == errors


def test_no_error_is_a_clear_refusal() -> None:
    with pytest.raises(NothingToDraw, match="no error sample to draw from"):
        draw_simple_random([], 200, 0)


def test_the_checklist_collects_500_errors_first() -> None:
    draw = draw_by_protocol(IDS, PROTOCOLS["checklist-100"], 11)
    assert (draw.population, draw.errors, len(draw.order)) == (500, 1000, 100)
    assert set(draw.order) < set(draw.frame)
    assert draw.frame == sorted(draw.frame)
    assert draw.frame_sha256 == frame_sha256(draw.frame)
    few = draw_by_protocol(IDS[:300], PROTOCOLS["checklist-100"], 11)
    assert (few.population, few.errors, len(few.order)) == (300, 300, 100)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="'a' is in the frame twice"):
        draw_simple_random(["a", "b", "a"], 1, 0)
    with pytest.raises(ValueError, match="at least 1"):
        draw_simple_random(["a"], 0, 0)
    with pytest.raises(ValueError, match="negative"):
        draw_by_protocol(["a"], custom(1), -1)


def test_fresh_seeds_fit_a_database_and_differ() -> None:
    seeds = {fresh_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**63 for seed in seeds)


CLUSTER_OF = {sample_id: index % 7 - 1 for index, sample_id in enumerate(IDS)} | {
    f"tiny-{index}": 50 + index for index in range(5)
}


def test_a_proportional_draw_gives_every_cluster_its_share() -> None:
    draw = draw_proportional(CLUSTER_OF, 200, seed=4)
    assert draw.design == "proportional_per_cluster"
    assert len(draw.order) == len(set(draw.order)) == 200
    assert sum(stratum.population for stratum in draw.strata) == draw.population == 1005
    for stratum in draw.strata:
        drawn = [item for item in draw.order if CLUSTER_OF[item] in stratum.clusters]
        assert len(drawn) == stratum.drawn
        assert abs(stratum.drawn - 200 * stratum.population / 1005) < 1
        assert stratum.drawn >= 2


def test_tiny_clusters_are_drawn_together() -> None:
    strata = draw_proportional(CLUSTER_OF, 200, seed=4).strata
    (together,) = [stratum for stratum in strata if 50 in stratum.clusters]
    assert {50, 51, 52, 53, 54} <= set(together.clusters)
    assert {cluster for stratum in strata for cluster in stratum.clusters} == set(
        CLUSTER_OF.values()
    )


def test_a_proportional_draw_can_be_repeated_from_its_documentation() -> None:
    clusters = {f"{index:02d}": index % 2 for index in range(20)}
    rng = np.random.default_rng(9)
    halves = [sorted(key for key, value in clusters.items() if value == half) for half in (0, 1)]
    picked = [half[index] for half in halves for index in rng.permutation(10)[:3]]
    by_hand = [picked[index] for index in rng.permutation(6)]
    assert draw_proportional(clusters, 6, 9).order == by_hand


def test_one_cluster_a_census_and_nothing() -> None:
    one = draw_proportional(dict.fromkeys(IDS[:50], -1), 10, 0)
    assert [(stratum.clusters, stratum.drawn) for stratum in one.strata] == [((-1,), 10)]
    whole = draw_proportional({"a": 0, "b": 1}, 200, 0)
    assert whole.census
    assert sorted(whole.order) == ["a", "b"]
    with pytest.raises(NothingToDraw):
        draw_proportional({}, 10, 0)


def test_seats_are_shared_out_by_largest_remainder() -> None:
    assert largest_remainder([50, 30, 20], 10) == [5, 3, 2]
    assert largest_remainder([47, 16, 15, 12, 10], 10) == [5, 2, 1, 1, 1]
    assert largest_remainder([1, 1, 1], 2) == [1, 1, 0]
    assert largest_remainder([], 0) == []
    with pytest.raises(ValueError, match="cannot be shared out"):
        largest_remainder([1, 2], 4)
