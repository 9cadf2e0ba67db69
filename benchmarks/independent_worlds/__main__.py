"""Counts what is claimed of independent worlds: one JSON line.

    python -m benchmarks.independent_worlds --seeds 100-104

Each seed makes every world of `designs` once: clean ones, ones with a cause, ones with two.
Tolerances were set on seeds 0 to 9; report seeds from 100 on. `clean_called_clean`: clean worlds
without any claim. `false_claims`: claimed causes that were not planted, per world of all.
`planted_leads`: worlds with one plant whose claim leads. `wrong_leads`: worlds of all in which
another cause leads, and the same of worlds with one plant. `both_of_two`, `either_leads_of_two`: of
worlds with two. `by_plant`: how often each leads. Ambiguity, and what a file does not bring, cannot
be claimed at all: these worlds are counted as not led. `--size` and `--rows` make plants smaller
and files shorter than those that tolerances were set on.
"""

import argparse
import json
from dataclasses import replace

from benchmarks.independent_worlds.counting import Outcome, figures, outcome
from benchmarks.independent_worlds.designs import DESIGNS, Design
from benchmarks.independent_worlds.writing import make_world


def _seeds(words: str) -> range:
    first, _, last = words.partition("-")
    return range(int(first), int(last or first) + 1)


def _scaled(design: Design, size: float, rows: float) -> Design:
    """With plants and row counts multiplied."""
    trained, evaluated = int(design.trained * rows), int(design.evaluated * rows)
    return replace(design, size=design.size * size, trained=trained, evaluated=evaluated)


def _telling(each: Outcome, seed: int) -> str:
    claims = [
        f"{c.cause}:{c.source} {c.share:.2f} ({c.low:.2f}-{c.high:.2f}) p={c.p:.1g}"
        for c in each.claims.claims
    ]
    return (
        f"{seed} {each.design.name:28s} err {each.error:.3f} train {each.train_error:.3f} "
        f"of plant {each.of_plant:.2f} | {'; '.join(claims)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="100-104", help="first-last")
    parser.add_argument("--each", action="store_true", help="a line for every world, before")
    parser.add_argument("--size", type=float, default=1.0, help="factor of every plant")
    parser.add_argument("--rows", type=float, default=1.0, help="factor of all rows")
    given = parser.parse_args()
    outcomes = []
    for seed in _seeds(given.seeds):
        for design in (_scaled(each, given.size, given.rows) for each in DESIGNS):
            outcomes.append(outcome(make_world(design, seed)))
            if given.each:
                print(_telling(outcomes[-1], seed))
    print(
        json.dumps(
            {"seeds": given.seeds, "size": given.size, "rows": given.rows, **figures(outcomes)}
        )
    )


if __name__ == "__main__":
    main()
