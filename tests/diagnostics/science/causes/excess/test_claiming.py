"""Whole runs: independent worlds on seeds of their own, and files that bring little or nothing."""

import dataclasses

import numpy as np
import pytest

from benchmarks.independent_worlds.counting import figures, outcome
from benchmarks.independent_worlds.designs import DESIGNS
from benchmarks.independent_worlds.writing import make_world
from diagnostics.science.causes.catalogue import NAMES
from diagnostics.science.causes.excess.answers import Answers
from diagnostics.science.causes.excess.claiming import claims_of
from diagnostics.science.causes.excess.tolerances import DEFAULT
from diagnostics.science.measures.samples import Groups, Samples

BY_NAME = {design.name: design for design in DESIGNS}
SEED = 50
CLEAN = ("overconfident", "long tail", "small boxes", "yes or no", "pictures that say little")
ONE = (
    "noise, underconfident", "domain", "overfit", "rare", "new words", "hard words",
    "off small box", "blind, overconfident", "cut, varied length",
)  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_world_is_called_clean(name: str) -> None:
    found = outcome(make_world(BY_NAME[name], SEED))

    assert found.claims.claims == ()
    assert found.claims.leading is None
    assert {each.cause for each in found.claims.undetermined} == set(NAMES)


@pytest.mark.parametrize("name", ONE)
def test_what_is_planted_leads_and_nothing_else_is_claimed(name: str) -> None:
    found = outcome(make_world(BY_NAME[name], SEED))

    assert found.leading in found.design.causes
    assert found.claimed == found.design.causes
    (claim,) = found.claims.claims
    assert 0 <= claim.low <= claim.share <= claim.high <= 1
    assert claim.p < DEFAULT.level


@pytest.mark.parametrize("name", ["ambiguous", "noise, no candidates"])
def test_what_a_file_cannot_carry_stays_undetermined(name: str) -> None:
    found = outcome(make_world(BY_NAME[name], SEED)).claims
    why = {each.cause: (each.why, each.what_would_settle) for each in found.undetermined}

    assert found.claims == ()
    assert why["ambiguity"] == ("not_identifiable", "people")
    assert why["noise"][1] == "people"
    if name != "ambiguous":
        assert why["noise"][0] == "not_brought"


def test_a_gap_is_a_figure_of_every_run_with_training() -> None:
    found = outcome(make_world(BY_NAME["other domain, no drop"], SEED)).claims
    gaps = {gap.name: gap for gap in found.gaps}

    assert set(gaps) == {"train_test", "domain", "coverage"}
    assert gaps["train_test"].low < gaps["train_test"].points < gaps["train_test"].high
    assert gaps["domain"].low < 0 < gaps["domain"].high


def test_a_world_follows_from_its_seed() -> None:
    design = dataclasses.replace(BY_NAME["noise"], trained=400, evaluated=400)
    first, second, other = (make_world(design, seed) for seed in (1, 1, 2))

    assert first.answers.samples.error.tolist() == second.answers.samples.error.tolist()
    assert first.answers.samples.error.tolist() != other.answers.samples.error.tolist()


def test_a_world_errs_as_designed_and_its_plant_makes_a_third_of_the_errors() -> None:
    clean, planted = (make_world(BY_NAME[name], SEED) for name in ("accuracy 60", "noise"))

    assert clean.error == pytest.approx(0.4, abs=0.005)
    assert clean.of_plant == 0
    assert planted.error == pytest.approx(0.2, abs=0.03)
    assert 0.25 < planted.of_plant < 0.5


def test_figures_count_false_claims_beside_right_ones() -> None:
    noise = outcome(make_world(BY_NAME["noise"], SEED))
    clean = dataclasses.replace(noise, design=BY_NAME["calibrated"])

    found = figures([noise, clean])

    assert found["planted_leads"] == "1/1"
    assert found["clean_called_clean"] == "0/1"
    assert found["false_claims"] == 0.5
    assert found["wrong_leads"] == "1/2"


def bare(error: np.ndarray, **more: object) -> Answers:
    return Answers(Samples(np.arange(len(error)), (~error).astype(float), error), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [0, 1, 500])
@pytest.mark.parametrize("wrong", [False, True])
def test_runs_that_bring_nothing_claim_nothing(rows: int, wrong: bool) -> None:
    found = claims_of(bare(np.full(rows, wrong)))

    assert found.leading is None
    assert found.claims == ()
    assert found.gaps == ()
    assert len(found.undetermined) == len(NAMES)


def test_another_domain_without_a_drop_claims_nothing_and_with_one_does() -> None:
    rng = np.random.default_rng(9)
    split = Groups(rng.integers(0, 3, 3000).astype(np.int32), ("train", "test", "ood"))
    for drop in (0.0, 0.3):
        error = rng.random(3000) < 0.15 + drop * (split.codes == 2)
        samples = Samples(np.arange(3000), (~error).astype(float), error, {"split": split})
        found = claims_of(Answers(samples))
        assert [each.source for each in found.claims] == (["other_domain"] if drop else [])


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one entry a sample"):
        bare(np.ones(3, dtype=bool), attention_distance=np.ones(2))
