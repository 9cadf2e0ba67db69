"""How often an experiment's reading claims an effect that is not there: one JSON line.

    python -m benchmarks.experiment_claims --experiments 4000

Simulated experiments of a control and four arms without any difference, with 3 and with 5 seeds,
are read by the same code as real ones: the first arm leads, as the one that is asked about, the
others are looked at beside it. Samples have difficulties of their own (logit-normal); every
training run shifts all samples (its seed's luck), each question type (its luck there) and each
sample a little (what that run happened to learn), and the answers are drawn from the resulting
chances. The arms share nothing but the samples: what a seed does to one arm says nothing about the
other. Test sets of 500 to 2000 samples over fewer pictures, question types of unequal size down to
a few samples; in every fourth experiment the treatment changes next to nothing, so that the arms
differ in a handful of answers: there whole samples are coarse, and a t test is easily fooled.

`false_positive_k`: experiments whose leading arm reads as gain or loss, with k seeds; it must not
exceed 6 %. `further_false_positive_k`: experiments in which any other arm does, after Holm.
`stratum_false_positive_k`: experiments that claim any question type after Holm.
`these_runs_excludes_zero_k`: the bootstrap over samples leaves zero out, which is why it is shown
as "these runs only" and claims nothing. `gain_seen_k`, with --effect: how often a true effect of
that many logits reads as a gain.
"""

import argparse
import json
from collections import Counter
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.reading.reading import read
from diagnostics.science.measures.samples import Floats, Groups

TYPES = ("existence", "counting", "position", "common sense", "rare")
TYPE_SHARES = (0.4, 0.3, 0.2, 0.08, 0.02)
SEED_COUNTS = (3, 5)
# Every so many experiments the arms differ in a handful of answers.
NEARLY_ALIKE_EVERY = 4
# Arms beside the control: the leading one, and those that are looked at beside it.
ARMS = 4


@dataclass(frozen=True)
class World:
    """Spreads, in logits, of what a simulated experiment varies by."""

    difficulty: float = 1.5
    seed_luck: float = 0.15
    type_luck: float = 0.15
    sample_luck: float = 0.5
    # Mean answers that nearly alike arms differ in, in each direction.
    changed: float = 3.0
    effect: float = 0.0


def make_material(rng: np.random.Generator) -> Material:
    """500 to 2000 tested samples on half as many pictures, with question types."""
    n = int(rng.integers(500, 2001))
    codes = rng.choice(len(TYPES), n, p=TYPE_SHARES).astype(np.int32)
    return Material(
        sample_id=np.arange(n).astype(str),
        position=np.arange(n),
        split=np.full(n, "test"),
        question=("?",) * n,
        answers=(("yes",),) * n,
        image=rng.integers(0, n // 2, n),
        regions=np.zeros((0, 0, 0), dtype=np.float32),
        strata={"question_type": Groups(codes, TYPES)},
    )


def design_of(seeds: int, arms: int = ARMS) -> Design:
    """A control, and `arms` that differ from it in one setting each, with so many seeds."""
    treated = (
        Arm(f"treated_{each}", "", Settings(injected=each / 100), "base")
        for each in range(1, arms + 1)
    )
    return Design((Arm("base", ""), *treated), tuple(range(seeds)))


def make_outcomes(
    material: Material, design: Design, world: World, nearly_alike: bool, rng: np.random.Generator
) -> list[Outcome]:
    """Every trial's credits, 0 or 1; see the module's words for the model."""
    n, kinds = len(material), material.strata["question_type"].codes
    difficulty = rng.normal(1.0, world.difficulty, n)
    outcomes = []
    shifts = [0.0, *[world.effect] * (len(design.arms) - 1)]
    for seed in design.seeds:
        credits = [_answers(difficulty + shift, kinds, world, rng) for shift in shifts]
        if nearly_alike:
            credits[1:] = [_nearly(credits[0], world.changed, rng) for _ in credits[1:]]
        for arm, credit in zip(design.arms, credits, strict=True):
            answers = np.full(n, "yes")
            outcomes.append(
                Outcome(arm.name, seed, "done", np.arange(n), credit, answers, np.full(n, 0.5))
            )
    return outcomes


def _answers(logits: Floats, kinds: np.ndarray, world: World, rng: np.random.Generator) -> Floats:
    """Right or wrong (n) of one training run."""
    luck = rng.normal(0, world.seed_luck) + rng.normal(0, world.type_luck, len(TYPES))[kinds]
    logits = logits + luck + rng.normal(0, world.sample_luck, len(logits))
    return (rng.random(len(logits)) < 1 / (1 + np.exp(-logits))).astype(float)


def _nearly(credit: Floats, changed: float, rng: np.random.Generator) -> Floats:
    """The same answers (n), but for `changed` on average that turn right, and as many wrong."""
    found = credit.copy()
    for value in (0.0, 1.0):
        rows = np.flatnonzero(credit == value)
        found[rows[rng.random(len(rows)) < changed / max(len(rows), 1)]] = 1 - value
    return found


def simulate(number: int, seeds: int, world: World, seed: int = 0) -> Counter[str]:
    """One experiment: what was wrongly (or, with an effect, rightly) claimed."""
    rng = np.random.default_rng([seed, number, seeds])
    design, material = design_of(seeds), make_material(rng)
    nearly_alike = world.effect == 0 and number % NEARLY_ALIKE_EVERY == 0
    outcomes = make_outcomes(material, design, world, nearly_alike, rng)
    found, *further = read(design, outcomes, material, {}).comparisons
    rows = found.strata[0].rows
    runs = found.these_runs
    assert runs is not None
    assert runs.low is not None
    assert runs.high is not None
    return Counter(
        claimed=found.verdict in ("gain", "loss"),
        gain=found.verdict == "gain",
        further=any(each.verdict in ("gain", "loss") for each in further),
        stratum=any(row.claim in ("gain", "loss") for row in rows),
        runs=runs.low > 0 or runs.high < 0,
        too_few=any(row.claim == "too_few" for row in rows),
    )


def rates(
    experiments: int,
    world: World,
    seed: int = 0,
    jobs: int = 1,
    seeds: tuple[int, ...] = SEED_COUNTS,
) -> dict[str, float]:
    """Shares of `experiments` by name; see the module's words."""
    found: dict[str, float] = {"experiments": experiments}
    with Parallel(n_jobs=jobs) as parallel:
        for count in seeds:
            each = parallel(
                delayed(simulate)(number, count, world, seed) for number in range(experiments)
            )
            total = sum(each, Counter())
            names = {
                "false_positive": "claimed",
                "further_false_positive": "further",
                "stratum_false_positive": "stratum",
                "these_runs_excludes_zero": "runs",
                "with_a_stratum_of_too_few": "too_few",
            }
            if world.effect:
                names = {"gain_seen": "gain", "these_runs_excludes_zero": "runs"}
            for name, counted in names.items():
                found[f"{name}_{count}"] = round(total[counted] / experiments, 4)
    return found


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", type=int, default=4000, help="of each number of seeds")
    parser.add_argument("--effect", type=float, default=0.0, help="a true effect, in logits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args()
    world = World(effect=chosen.effect)
    found = rates(chosen.experiments, world, chosen.seed, chosen.jobs)
    print(json.dumps({"benchmark": "experiment_claims", **found}))


if __name__ == "__main__":
    main()
