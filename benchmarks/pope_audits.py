"""Audits of a real census, by every design: one JSON line per design.

    python -m benchmarks.pope_audits [--audits 1000] [--size 200] [--data ../shared/data]

LLaVA-1.5-13B's 622 errors on POPE were each judged anew by people (RePOPE): 191 have a wrong answer
in the key, 30.7 %. Each design draws `audits` seeded audits of them and is held to that value, with
the functions that the noise page uses. Reads data that is not part of this repository (--data or
REAL_DATA_DIR).

Strata: POPE's three categories by the key's answer (six). Score: whether the smaller LLaVA-1.5-7B
disagrees with the key too (1, 0; 0.5 where it has no answer): frozen before any draw, from another
model, and weak. `auroc` says how weak. `width` is relative to the exact interval on the same draw;
`items` the mean number judged (a planned audit stops early); `worth` the mean of the extra items
that the score was worth; `settled` and `wrong` shares of audits against 20 %.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from annotations.science.estimation import designs
from annotations.science.estimation.drawing import draw_by_protocol, draw_proportional
from annotations.science.estimation.noise_ratio import NoiseRatio, Tally, noise_ratio
from annotations.science.estimation.protocols import Protocol, custom
from benchmarks.real_sets import arguments, lines

DESIGNS = ("simple_random", "proportional", "score_assisted", "proportional_scored", "planned_stop")
THRESHOLD = Fraction(1, 5)


@dataclass(frozen=True)
class Census:
    """Every error: whether it is noise, its stratum, its frozen score."""

    noisy: dict[str, bool]
    stratum: dict[str, int]
    score: dict[str, float]

    @property
    def share(self) -> Fraction:
        """The true share of noise."""
        return Fraction(sum(self.noisy.values()), len(self.noisy))

    @property
    def auroc(self) -> float:
        """How well the score tells noise from the rest."""
        ids = list(self.noisy)
        return float(roc_auc_score([self.noisy[i] for i in ids], [self.score[i] for i in ids]))


def read_census(folder: Path) -> Census:
    """The errors of LLaVA-1.5-13B. An ambiguous key is not counted as noise."""
    noisy, groups, score = {}, {}, {}
    for row in lines(folder / "pope_repope" / "items.jsonl"):
        said, key = row["pred_llava-v1.5-13b"], row["label_pope"]
        if said is None or said == key:
            continue
        name = f"{row['category']}-{row['pope_question_id']}"
        noisy[name] = row["audit"] == "label_wrong"
        groups[name] = f"{row['category']} {key}"
        other = row["pred_llava-v1.5-7b"]
        score[name] = 0.5 if other is None else float(other != key)
    number = {group: place for place, group in enumerate(sorted(set(groups.values())))}
    return Census(noisy, {name: number[group] for name, group in groups.items()}, score)


def audit(census: Census, design: str, size: int, seed: int) -> tuple[NoiseRatio, NoiseRatio]:
    """(the ratio by the design, the exact one of the same draw)."""
    rule = custom(size, THRESHOLD, strict=False)
    if design.startswith("proportional"):
        draw = draw_proportional(census.stratum, size, seed)
        place = {cluster: n for n, each in enumerate(draw.strata) for cluster in each.clusters}
    else:
        draw = draw_by_protocol(census.noisy, rule, seed)
        place = defaultdict(int)
    outcomes: list[designs.Outcome] = [
        "noise" if census.noisy[name] else "clean" for name in draw.order
    ]
    found = sum(census.noisy[name] for name in draw.order)
    tally = Tally(draw.population, len(draw.order), mismatch=found, match=len(draw.order) - found)
    exact = noise_ratio(tally, rule)
    if design == "simple_random":
        return exact, exact
    if design == "planned_stop":
        return designs.planned_ratio(exact, outcomes, rule), exact
    scored = design != "proportional"
    items = [
        designs.JudgedItem(
            outcome, place[census.stratum[name]], census.score[name] if scored else 0.0
        )
        for name, outcome in zip(draw.order, outcomes, strict=True)
    ]
    return designs.score_assisted_ratio(exact, items, _strata(census, place, scored), rule), exact


def _strata(census: Census, place: Any, scored: bool) -> list[designs.Stratum]:
    scores: dict[int, list[float]] = defaultdict(list)
    for name, cluster in census.stratum.items():
        scores[place[cluster]].append(census.score[name] if scored else 0.0)
    return [designs.Stratum(len(each), float(np.mean(each))) for _, each in sorted(scores.items())]


def measure(census: Census, design: str, size: int, audits: int) -> dict[str, Any]:
    """The line of one design."""
    truth = census.share
    rule: Protocol = custom(size, THRESHOLD, strict=False)
    right = "at_least" if rule.meets(truth.numerator, truth.denominator) else "below"
    rows = [audit(census, design, size, seed) for seed in range(audits)]
    ratios = [ratio for ratio, _ in rows]
    # A hair of room: ends that are the value itself come out of floating point.
    covers = [r.low - 1e-12 <= float(truth) <= r.high + 1e-12 for r in ratios]
    relative = [(r.high - r.low) / (e.high - e.low) for r, e in rows]
    return {
        "design": design,
        "audits": audits,
        "size": size,
        "census": f"{sum(census.noisy.values())}/{len(census.noisy)}",
        "auroc": round(census.auroc, 3),
        "coverage": round(float(np.mean(covers)), 3),
        "mean_width": round(float(np.mean([r.high - r.low for r in ratios])), 4),
        "width": round(float(np.mean(relative)), 3),
        "items": round(
            float(np.mean([r.planned.looked_at if r.planned else r.drawn for r in ratios])), 1
        ),
        "worth": round(float(np.mean([r.extra_items for r in ratios])), 1),
        "settled": round(float(np.mean([r.established != "not_settled" for r in ratios])), 3),
        "wrong": round(
            float(np.mean([r.established not in ("not_settled", right) for r in ratios])), 4
        ),
    }


def main() -> None:
    """One line for each design."""
    parser = arguments(__doc__)
    parser.add_argument("--audits", type=int, default=1000)
    parser.add_argument("--size", type=int, default=200)
    wish = parser.parse_args()
    census = read_census(wish.data)
    for design in DESIGNS:
        print(json.dumps(measure(census, design, wish.size, wish.audits)), flush=True)


if __name__ == "__main__":
    main()
