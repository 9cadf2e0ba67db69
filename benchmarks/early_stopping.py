"""What planned early stopping saves and risks, exactly: one JSON line per population and share.

    python -m benchmarks.early_stopping

For a population of N errors of which round(p N) are noisy, a cap of 200 items and the rule "at
least 20 %": the items judged on average, how often the right side is settled, how often the wrong
one. Nothing is simulated: the chances of every count after every item are added up. A last line
per population gives the worst wrong verdict over every possible number of noisy errors (of N up to
2,000; every hundredth of larger ones), how long the boundary table takes, and how wide the
interval that holds at every look is at the cap, relative to the exact interval of a finished draw.
"""

import argparse
import json
import time
from fractions import Fraction

import numpy as np

from annotations.science.estimation.intervals import hypergeometric_interval
from annotations.science.estimation.sequential import (
    Boundaries,
    operating_characteristics,
    repeated_interval,
    stopping_boundaries,
)

FIFTH = Fraction(1, 5)
SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)


def main() -> None:
    """Print the figures."""
    raw = argparse.RawTextHelpFormatter
    told = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    told.add_argument("--populations", type=int, nargs="+", default=[500, 2000, 20000])
    told.add_argument("--cap", type=int, default=200)
    wishes = told.parse_args()
    for population in wishes.populations:
        for alpha in (0.025, 0.05):
            report(population, alpha, wishes.cap)


def report(population: int, alpha: float, cap: int) -> None:
    """The lines of one population and one risk per side."""
    began = time.perf_counter()
    boundaries = stopping_boundaries(population, FIFTH, False, alpha, cap)
    seconds = time.perf_counter() - began
    for share in SHARES:
        noisy = round(share * population)
        found = operating_characteristics(boundaries, population, noisy)
        above = noisy >= -(-population // 5)
        line = {
            "population": population,
            "alpha_per_side": alpha,
            "share": share,
            "mean_items": round(found.expected_items, 1),
            "settled_right": round(found.at_least if above else found.below, 4),
            "settled_wrong": round(found.below if above else found.at_least, 4),
        }
        print(json.dumps({"benchmark": "early_stopping", **line}), flush=True)
    line = {
        "population": population,
        "alpha_per_side": alpha,
        "wrong_at_worst": round(worst(boundaries, population), 4),
        "table_seconds": round(seconds, 2),
        "width_at_cap": round(width_at_cap(population, cap), 3),
    }
    print(json.dumps({"benchmark": "early_stopping", **line}), flush=True)


def worst(boundaries: Boundaries, population: int) -> float:
    """The likeliest wrong verdict over the numbers of noisy errors there can be."""
    needed = -(-population // 5)
    step = max(population // 2000, 1)
    below = [needed - 1, *range(0, needed, step)]
    above = range(needed, population + 1, step)
    return max(
        *(operating_characteristics(boundaries, population, noisy).at_least for noisy in below),
        *(operating_characteristics(boundaries, population, noisy).below for noisy in above),
    )


def width_at_cap(population: int, cap: int) -> float:
    """Mean ratio of the two intervals' widths over counts of 5 % to 40 % of a full draw."""
    ratios = []
    for count in range(cap // 20, 2 * cap // 5 + 1):
        repeated = repeated_interval(count, cap, population, cap)
        exact = hypergeometric_interval(count, cap, population)
        ratios.append((repeated.high - repeated.low) / (exact.high - exact.low))
    return float(np.mean(ratios))


if __name__ == "__main__":
    main()
