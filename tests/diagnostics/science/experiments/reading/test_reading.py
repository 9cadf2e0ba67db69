"""What a reading claims of simulated and hand-made outcomes, and what it leaves unsaid."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from diagnostics.science.experiments.design import sentences
from diagnostics.science.experiments.design.claims import Comparison
from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.reading.reading import Expectation, Reading, read
from diagnostics.science.measures.charts import drawn
from diagnostics.templatetags.measured import gained, in_unit, interval_words
from tests.diagnostics.science.measures.making import group

N = 400
SEEDS = (0, 1, 2, 3, 4)
BASE = Arm("base", "As it is")
TREATED = Arm("treated", "Cleaned", Settings(curation="curated"), "base")
OTHER = Arm("other", "On another run", Settings(tested_on="other"), "base")


def material(n: int = N, kinds: Sequence[str | None] = (), **more: Any) -> Material:
    """Tested samples, two to a picture; half counting and half existence where nothing is said."""
    names = list(kinds) or (["counting", "existence"] * n)[:n]
    return Material(
        sample_id=np.arange(n).astype(str),
        position=np.arange(n),
        split=np.full(n, "test"),
        question=("How many?",) * n,
        answers=(("two",),) * n,
        image=np.arange(n) // 2,
        regions=np.zeros((0, 0, 0), dtype=np.float32),
        strata={"question_type": group(names)},
        **more,
    )


def outcome(arm: str, seed: int, right: Sequence[float] | float, **more: Any) -> Outcome:
    """A trial that ended well: every credit, or the share of the samples that are right."""
    if isinstance(right, float):
        right = np.arange(N) < round(right * N)
    credit = np.asarray(right, dtype=float)
    n = len(credit)
    full = {"rows": np.arange(n), "credit": credit, "confidence": np.full(n, 0.5), **more}
    return Outcome(arm, seed, "done", predictions=np.full(n, "two"), **full)


def outcomes(control: Sequence[float], treated: Sequence[float], arm: str = "treated") -> list:
    return [
        outcome(name, seed, share)
        for name, shares in (("base", control), (arm, treated))
        for seed, share in enumerate(shares)
    ]


def reading(
    trials: list[Outcome], seeds: Sequence[int] = SEEDS, direction: Any = None, **more: Any
) -> Reading:
    arms = more.pop("arms", (BASE, TREATED))
    expected = {} if direction is None else {arms[1].name: Expectation(arms[1].name, direction, "")}
    tested = more.pop("material", None) or material()
    return read(Design(arms, tuple(seeds)), trials, tested, expected)


def only(found: Reading) -> Comparison:
    (comparison,) = found.comparisons
    return comparison


# The control's shares of right answers with five seeds, and the treated arm's for each verdict.
CONTROL = (0.6, 0.61, 0.59, 0.605, 0.6)
VERDICTS = {
    "gain": (0.65, 0.66, 0.635, 0.65, 0.655),
    "loss": (0.56, 0.57, 0.54, 0.55, 0.55),
    "none_seen": (0.6, 0.6125, 0.5875, 0.605, 0.6),
    "not_settled": (0.65, 0.57, 0.62, 0.6, 0.61),
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_claim_is_that_of_the_paired_t_over_seeds(verdict: str) -> None:
    found = only(reading(outcomes(CONTROL, VERDICTS[verdict])))

    gaps = np.array(VERDICTS[verdict]) - np.array(CONTROL)
    test = stats.ttest_1samp(gaps, 0)
    limits = test.confidence_interval()
    assert found.verdict == verdict
    assert found.difference.value == pytest.approx(gaps.mean())
    assert (found.difference.low, found.difference.high) == pytest.approx((limits.low, limits.high))
    assert found.difference.p == pytest.approx(test.pvalue)
    assert [each.difference for each in found.per_seed] == pytest.approx(list(gaps))
    assert found.factor == "curation"


@pytest.mark.parametrize(
    ("direction", "verdict", "met"),
    [
        ("gain", "gain", "yes"),
        ("gain", "loss", "no"),
        ("gain", "none_seen", "no"),
        ("gain", "not_settled", "open"),
        ("loss", "loss", "yes"),
        ("loss", "gain", "no"),
        ("flat", "none_seen", "yes"),
        ("flat", "gain", "no"),
        ("flat", "loss", "no"),
        ("flat", "not_settled", "open"),
        (None, "gain", ""),
        (None, "none_seen", ""),
    ],
)
def test_what_was_seen_is_held_against_what_was_expected(
    direction: Any, verdict: str, met: str
) -> None:
    found = reading(outcomes(CONTROL, VERDICTS[verdict]), direction=direction)

    said = found.conclusion
    assert only(found).as_expected == said.as_expected == met
    assert said.seen == sentences.SEEN[verdict]
    assert said.means
    assert bool(said.expected) == (direction is not None)
    assert not any(character.isdigit() for character in said.text)


def test_a_gain_too_small_to_matter_is_no_surprise_where_none_was_expected() -> None:
    treated = tuple(share + 0.0025 for share in CONTROL)

    found = reading(outcomes(CONTROL, treated), direction="flat")

    assert only(found).verdict == "gain"
    assert found.conclusion.as_expected == "yes"
    assert found.conclusion.means == sentences.SMALL


def test_the_sentence_is_the_experiments_own_where_it_has_one() -> None:
    words = {"treated": Expectation("treated", "gain", "Noise costs accuracy.")}

    found = read(Design((BASE, TREATED)), outcomes(CONTROL, VERDICTS["gain"]), material(), words)

    assert found.conclusion.text == " ".join(
        ("Noise costs accuracy.", sentences.SEEN["gain"], sentences.FOR)
    )


def test_the_conclusion_is_of_the_arm_that_something_is_expected_of() -> None:
    dropped = Arm("random", "As many at random", Settings(curation="random"), "base")
    trials = outcomes(CONTROL, VERDICTS["none_seen"], "random") + [
        outcome("treated", seed, share) for seed, share in enumerate(VERDICTS["gain"])
    ]
    expected = {
        "absent": Expectation("absent", "loss", ""),
        "treated": Expectation("treated", "gain", ""),
        "random": Expectation("random", "flat", ""),
    }

    found = read(Design((BASE, dropped, TREATED)), trials, material(), expected)

    assert found.conclusion.arm == "treated"
    assert [each.as_expected for each in found.comparisons] == ["yes", "yes"]
    assert found.comparison("random").direction == "flat"


# Three arms beside the leading one, each gaining a little more surely than the one before it.
FURTHER = tuple(
    Arm(f"injected_{share}", f"{share} % replaced", Settings(injected=share / 100), "base")
    for share in (10, 20, 40)
)
STEPS = ((0.0, 0.03, 0.01, 0.005, 0.02), (0.005, 0.03, 0.01, 0.01, 0.02), (0.03,) * 4 + (0.0325,))


def further_arms(leading: Sequence[float]) -> Reading:
    trials = outcomes(CONTROL, leading)
    trials += [
        outcome(arm.name, seed, CONTROL[seed] + step)
        for arm, steps in zip(FURTHER, STEPS, strict=True)
        for seed, step in enumerate(steps)
    ]
    words = {"treated": Expectation("treated", "gain", "")}
    return read(Design((BASE, TREATED, *FURTHER), SEEDS), trials, material(), words)


def test_arms_beside_the_leading_one_are_claimed_after_holm() -> None:
    found = further_arms(VERDICTS["gain"])

    plain = [found.comparison(arm.name).difference.p for arm in FURTHER]
    adjusted = multipletests(plain, method="holm")[1]
    said = [found.comparison(arm.name).adjusted_p for arm in FURTHER]
    assert said == pytest.approx(list(adjusted))
    assert found.comparison("treated").adjusted_p is None
    assert [found.comparison(arm.name).verdict for arm in FURTHER] == [
        "gain" if p < 0.05 else "not_settled" for p in adjusted
    ]
    # One of them has an interval above zero and a claim that the correction takes back.
    taken_back = found.comparison("injected_20")
    assert plain[1] < 0.05 < adjusted[1]
    assert taken_back.difference.low > 0
    assert taken_back.conclusion.seen == sentences.BY_CHANCE


def test_the_leading_arm_is_claimed_by_its_own_interval_however_many_stand_beside_it() -> None:
    barely = tuple(
        share + step for share, step in zip(CONTROL, (0.005, 0.03, 0.01, 0.01, 0.02), strict=True)
    )

    found = further_arms(barely)

    assert found.comparison("treated").difference.p == pytest.approx(
        found.comparison("injected_20").difference.p
    )
    assert found.comparison("treated").verdict == "gain"
    assert found.conclusion.arm == "treated"


def test_identical_arms_differ_by_exactly_nothing() -> None:
    found = only(reading(outcomes(CONTROL, CONTROL), direction="gain"))

    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)
    assert found.difference.p == 1
    assert found.these_runs is not None
    assert (found.these_runs.low, found.these_runs.high) == (0, 0)
    assert found.verdict == "none_seen"
    assert [row.claim for row in found.strata[0].rows] == ["none", "none"]


def test_the_order_in_which_samples_were_tested_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    trials = []
    for seed in SEEDS:
        credit = rng.choice([0.0, 1 / 3, 1.0], N)
        order = rng.permutation(N)
        trials += [
            outcome("base", seed, credit),
            outcome("treated", seed, credit[order], rows=order),
        ]

    found = only(reading(trials))

    assert found.verdict == "none_seen"
    assert (found.difference.low, found.difference.high) == (0, 0)
    assert found.these_runs is not None
    assert (found.these_runs.low, found.these_runs.high) == (0, 0)


def test_arms_have_their_mean_and_their_spread_over_seeds() -> None:
    base = reading(outcomes(CONTROL, VERDICTS["gain"])).arm("base")

    assert base.mean.value == pytest.approx(np.mean(CONTROL))
    assert base.std.value == pytest.approx(np.std(CONTROL, ddof=1))
    assert [each.credit for each in base.trials] == pytest.approx(list(CONTROL))
    assert (base.control, base.factor, base.mean.count) == ("", "", 5)


def test_trials_without_a_result_are_left_out_with_their_partners() -> None:
    trials = outcomes(CONTROL, VERDICTS["gain"])
    trials[1] = Outcome.without_result("base", 1, "diverged", "the loss is no number")
    trials[8] = Outcome.without_result("treated", 3, "failed", "out of memory")

    found = reading(trials, direction="gain")

    comparison = only(found)
    kept = [0, 2, 4]
    gaps = [VERDICTS["gain"][each] - CONTROL[each] for each in kept]
    assert comparison.left_out == (1, 3)
    assert [each.seed for each in comparison.per_seed] == kept
    assert comparison.difference.value == pytest.approx(np.mean(gaps))
    assert comparison.notes == (sentences.LEFT_OUT,)
    assert [each.state for each in found.arm("base").trials][1] == "diverged"
    assert found.arm("base").trials[1].why == "the loss is no number"
    assert found.arm("base").mean.count == 4
    assert found.arm("treated").trials[3].state == "failed"


def test_fewer_than_three_pairs_claim_nothing() -> None:
    trials = outcomes(CONTROL[:2], VERDICTS["gain"][:2])

    found = reading(trials, direction="gain")

    comparison = only(found)
    assert comparison.verdict == "no_claim"
    assert comparison.difference.value == pytest.approx(0.05)
    assert comparison.difference.low is None
    assert comparison.forest == found.forest == ()
    assert [row.claim for row in comparison.strata[0].rows] == ["no_claim", "no_claim"]
    assert found.conclusion.means == sentences.NO_CLAIM
    assert comparison.as_expected == "open"
    assert [each.state for each in found.arm("base").trials][2:] == ["missing"] * 3


def test_an_experiment_in_which_nothing_ended_reads_as_nothing() -> None:
    failed = [Outcome.without_result("base", 0, "failed", "no memory")]

    for trials in ([], failed):
        found = reading(trials, direction="gain")

        assert found.arm("base").mean.value is None
        assert found.arm("base").std.value is None
        assert only(found).difference.value is None
        assert only(found).these_runs is None
        assert only(found).strata == ()
        assert found.charts == ()
        assert Reading.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@pytest.mark.parametrize("credit", [np.zeros(0), np.array([1.0, np.nan])])
def test_a_trial_that_is_done_without_credits_counts_as_failed(credit: np.ndarray) -> None:
    trials = [*outcomes(CONTROL, VERDICTS["gain"]), outcome("treated", 2, credit)]

    found = reading(trials)

    assert found.arm("treated").trials[2].state == "failed"
    assert found.arm("treated").trials[2].why == sentences.NO_CREDITS
    assert only(found).left_out == (2,)


def test_these_runs_scatter_by_pictures_and_not_by_samples() -> None:
    rng = np.random.default_rng(1)
    # Ten pictures of forty samples each, that the treatment mends or does not mend as a whole.
    mended = rng.random(10)[np.arange(N) // 40] < 0.5
    trials = [
        outcome(name, seed, credit)
        for seed in SEEDS
        for name, credit in (("base", np.zeros(N)), ("treated", mended))
    ]
    by_picture = replace(material(), image=np.arange(N) // 40)
    without = replace(material(), image=np.full(N, -1))

    clustered, single = (
        only(reading(trials, material=each)).these_runs for each in (by_picture, without)
    )

    assert clustered is not None
    assert single is not None
    assert clustered.value == single.value == pytest.approx(mended.mean())
    assert clustered.high - clustered.low > 4 * (single.high - single.low)
    assert "these runs only" in clustered.how


def types_of(counts: dict[str, int]) -> list[str]:
    return [name for name, count in counts.items() for _ in range(count)]


def noisy_strata(kinds: Sequence[str], gains: dict[str, float]) -> list[Outcome]:
    """Five seeds in which the treated arm gains by question type."""
    rng = np.random.default_rng(2)
    names = np.array(kinds)
    chance = 0.5 + sum(gain * (names == name) for name, gain in gains.items())
    return [
        outcome(arm, seed, rng.random(len(names)) < chances)
        for seed in SEEDS
        for arm, chances in (("base", 0.5), ("treated", chance))
    ]


def test_question_types_are_claimed_after_holm_and_small_ones_never() -> None:
    counts = {"counting": 150, "existence": 160, "position": 70, "odd": 19, "rare": 1}
    kinds = types_of(counts)
    trials = noisy_strata(kinds, {"counting": 0.4, "odd": 0.5})

    (column,) = only(reading(trials, material=material(N, kinds))).strata

    by_label = {row.label: row for row in column.rows}
    assert column.column == "question_type"
    assert {row.label: row.count for row in column.rows} == counts
    assert [row.count for row in column.rows] == sorted(counts.values(), reverse=True)
    assert by_label["counting"].claim == "gain"
    for name in ("odd", "rare"):
        assert by_label[name].claim == "too_few"
        assert by_label[name].difference.value is None
        assert by_label[name].adjusted_p is None
    tested = [row for row in column.rows if row.claim != "too_few"]
    assert len(tested) == 3
    assert [row.adjusted_p for row in tested] == pytest.approx(
        multipletests([row.difference.p for row in tested], method="holm")[1]
    )


def test_a_stratum_of_twenty_samples_is_read_by_the_mean_of_its_samples() -> None:
    kinds = types_of({"position": 20, "counting": N - 20})
    trials = noisy_strata(kinds, {})

    (column,) = only(reading(trials, material=material(N, kinds))).strata

    row = column.rows[-1]
    gaps = [
        t.credit[:20].mean() - c.credit[:20].mean()
        for c, t in zip(trials[::2], trials[1::2], strict=True)
    ]
    assert (row.label, row.count) == ("position", 20)
    assert row.difference.value == pytest.approx(np.mean(gaps))


def test_three_seeds_that_gain_one_sample_each_claim_no_question_type() -> None:
    kinds = types_of({"position": 25, "counting": N - 25})
    control = np.zeros(N)
    treated = control.copy()
    treated[0] = 1
    trials = [
        outcome(name, seed, credit)
        for seed in range(3)
        for name, credit in (("base", control), ("treated", treated))
    ]

    (column,) = only(reading(trials, range(3), material=material(N, kinds))).strata

    assert [row.claim for row in column.rows] == ["none", "none"]
    assert column.rows[1].difference.value == pytest.approx(1 / 25)


def test_samples_whose_question_type_is_unknown_are_in_no_stratum() -> None:
    kinds: list[str | None] = [None] * 100 + ["counting"] * (N - 100)

    (column,) = only(reading(outcomes(CONTROL, CONTROL), material=material(N, kinds))).strata

    assert [(row.label, row.count) for row in column.rows] == [("counting", N - 100)]


def test_question_type_comes_first_and_a_column_without_labels_is_empty() -> None:
    tested = material()
    tested = replace(tested, strata={"a": group([None] * N), **tested.strata})

    strata = only(reading(outcomes(CONTROL, CONTROL), material=tested)).strata

    assert [each.column for each in strata] == ["question_type", "a"]
    assert strata[1].rows == ()


def test_an_arm_tested_on_another_run_is_compared_by_the_names_of_question_types() -> None:
    target = material(100, ["existence"] * 60 + ["position"] * 30 + ["counting"] * 10)
    trials = [
        trial
        for seed in SEEDS
        for trial in (
            outcome("base", seed, np.arange(N) % 5 > 0),
            outcome("other", seed, (np.arange(100) + seed) % 7 < 3),
        )
    ]

    found = only(reading(trials, arms=(BASE, OTHER), material=material(target=target)))

    rows = {row.label: row for row in found.strata[0].rows}
    assert found.these_runs is None
    assert found.notes == (sentences.OTHER_SAMPLES,)
    assert (rows["existence"].count, rows["existence"].claim) == (60, "loss")
    # Ten of one, and none of the other on the run itself.
    assert (rows["counting"].claim, rows["counting"].count) == ("too_few", 10)
    assert (rows["position"].claim, rows["position"].count) == ("too_few", 0)
    control = np.mean(np.arange(1, N, 2) % 5 > 0)
    treated = np.mean([np.mean((np.arange(60) + seed) % 7 < 3) for seed in SEEDS])
    assert rows["existence"].difference.value == pytest.approx(treated - control)


def test_arms_tested_on_other_samples_have_no_bootstrap_and_all_the_rest() -> None:
    trials = outcomes(CONTROL, VERDICTS["gain"])
    trials[9] = outcome("treated", 4, np.ones(200), rows=np.arange(200))

    found = only(reading(trials))

    assert found.these_runs is None
    assert sentences.OTHER_SAMPLES in found.notes
    assert [row.count for row in found.strata[0].rows] == [100, 100]
    assert found.difference.low is not None


def curves(*losses: Sequence[float]) -> list[Outcome]:
    """Trials of both arms whose curves have these losses, and a credit every second epoch."""
    return [
        outcome(
            name,
            seed,
            0.6,
            curve=tuple((loss, 0.1 * n if n % 2 else np.nan) for n, loss in enumerate(each)),
        )
        for name in ("base", "treated")
        for seed, each in enumerate(losses)
    ]


def test_learning_curves_are_means_with_the_least_and_greatest_seed() -> None:
    found = reading(curves((3, 2, 1, 0.5), (5, 3, 2, 1.5), (4, 4)), range(3))

    loss, credit = found.charts
    assert [each.words for each in loss.series] == ["As it is", "Cleaned"]
    assert loss.series[0].x == (1, 2, 3, 4)
    assert loss.series[0].y == pytest.approx((4, 3, 1.5, 1))
    assert loss.series[0].low == (3, 2, 1, 0.5)
    assert loss.series[0].high == (5, 4, 2, 1.5)
    assert loss.series[0].counts == (3, 3, 2, 2)
    assert credit.series[0].x == (2, 4)
    assert credit.series[0].y == pytest.approx((0.1, 0.3))


def test_learning_curves_are_drawn_as_every_chart_is() -> None:
    stored = reading(curves((3, 2), (5, 3), (4, 4)), range(3)).as_dict()

    for chart in stored["charts"]:
        picture = drawn(chart)
        assert picture is not None
        assert all(line.path.startswith("M") and line.band.endswith("Z") for line in picture.lines)


def test_a_trial_that_diverged_bends_no_curve() -> None:
    trials = curves((3, 2), (5, 3), (4, 4))
    trials[0] = replace(
        trials[0], state="diverged", credit=np.zeros(0), curve=((3.0, np.nan), (np.nan, np.nan))
    )

    loss = reading(trials, range(3)).charts[0]

    assert loss.series[0].y == pytest.approx((4.5, 3.5))


def test_further_numbers_are_averaged_and_compared_where_every_trial_has_them() -> None:
    trials = [
        replace(each, extra={"box_hit": 0.2 + 0.1 * (each.arm == "treated") + 0.01 * each.seed})
        for each in outcomes(CONTROL, CONTROL)
    ]
    trials[0] = replace(trials[0], extra={**trials[0].extra, "box_chance": np.nan})

    found = reading(trials)

    assert found.arm("base").extra["box_hit"].value == pytest.approx(0.22)
    assert set(found.arm("base").extra) == set(only(found).extra) == {"box_hit"}
    assert only(found).extra["box_hit"].low == pytest.approx(0.1)


def test_a_forest_has_the_whole_and_every_stratum_with_an_interval() -> None:
    kinds = types_of({"counting": 190, "existence": 200, "odd": 10})
    found = reading(noisy_strata(kinds, {"counting": 0.4}), material=material(N, kinds))

    rows = only(found).forest
    assert [row.label for row in rows] == [sentences.ALL_TESTED, "existence", "counting"]
    assert [row.claimed for row in rows] == [True, False, True]
    assert all(row.low <= row.estimate <= row.high for row in rows)
    assert [row.label for row in found.forest] == ["Cleaned"]
    assert replace(found.forest[0], label=rows[0].label) == rows[0]


def test_a_reading_survives_its_being_stored() -> None:
    kinds = types_of({"counting": 190, "existence": 200, "odd": 10})
    trials = [
        replace(each, curve=((1.0, np.nan), (0.5, 0.4)), extra={"box_hit": 0.5})
        for each in noisy_strata(kinds, {"counting": 0.4})
    ]
    trials[0] = Outcome.without_result("base", 0, "failed", "out of memory")
    found = reading(trials, direction="gain", material=material(N, kinds))

    stored = json.loads(json.dumps(found.as_dict(), allow_nan=False))

    assert Reading.from_dict(stored) == found
    assert Reading.from_dict(stored).as_dict() == found.as_dict()


def test_the_same_outcomes_read_the_same_to_the_last_bit() -> None:
    trials = noisy_strata(["counting"] * N, {"counting": 0.1})

    assert reading(trials) == reading(trials[::-1])


def test_numbers_look_as_those_of_a_diagnosis() -> None:
    found = only(reading(outcomes(CONTROL, VERDICTS["gain"])))
    value = asdict(found.difference)

    assert in_unit(value["value"], value["unit"]) == "+4.9 points"
    assert gained(value["value"]) == "+4.9 points"
    assert interval_words(value) == "+4.4 to +5.4"


def test_every_verdict_has_its_sentence_for_every_expectation() -> None:
    for verdict in sentences.SEEN:
        for direction in sentences.EXPECTED:
            said = sentences.conclusion(
                "treated", verdict, False, Expectation("treated", direction, "")
            )
            assert said.expected
            assert said.seen
            assert said.means
        assert sentences.conclusion("treated", verdict, False, None).means


def test_arms_that_learnt_nothing_say_nothing_of_the_cause() -> None:
    """All answers are 'two': whoever always says so would be right everywhere."""
    known = material()
    trained = replace(
        known, split=np.array(["train"] * 40 + ["test"] * (N - 40)), answers=(("two",),) * N
    )
    tested = np.arange(40, N)
    found = [
        replace(each, rows=tested, credit=each.credit[:360], predictions=each.predictions[:360])
        for each in outcomes((0.50,) * 5, (0.55, 0.56, 0.54, 0.55, 0.55))
    ]
    expected = {"treated": Expectation("treated", "gain", "")}

    reading = read(Design((BASE, TREATED), SEEDS), found, trained, expected)

    assert reading.commonest is not None
    assert reading.commonest.value == 1.0
    assert reading.comparison("treated").verdict == "gain"
    assert reading.conclusion.means == sentences.NOT_LEARNT
    assert reading.conclusion.as_expected == reading.comparison("treated").as_expected == "open"


def test_arms_that_answered_alike_to_the_last_bit_say_nothing_of_the_cause() -> None:
    """As many dropped at random as a set drops that only corrects: none, the same training."""
    found = outcomes((0.70, 0.71, 0.69, 0.70, 0.70), (0.70, 0.71, 0.69, 0.70, 0.70))
    expected = {"treated": Expectation("treated", "flat", "")}

    same = read(Design((BASE, TREATED), SEEDS), found, material(), expected)

    assert same.comparison("treated").verdict == "none_seen"
    assert same.conclusion.means == sentences.SAME
    assert same.conclusion.as_expected == "open"
    surer = [
        replace(each, confidence=each.confidence + 0.1) if each.arm == "treated" else each
        for each in found
    ]
    other = read(Design((BASE, TREATED), SEEDS), surer, material(), expected)
    assert other.conclusion.means == sentences.FOR
