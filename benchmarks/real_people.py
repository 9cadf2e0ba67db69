"""Rater models against real people: one JSON line per data set.

    python -m benchmarks.real_people [--data ../shared/data]

Reads votes of named people that are not part of this repository (point --data, or REAL_DATA_DIR, at
the folder that holds them; a set that is absent is left out):

- vsr_votes: is a caption true of its picture? 3 to 6 validators each; the reference is the author's
  label, which the validators did not see.
- nlvr: is a sentence true of its picture? Five of ten people each, a third answer 'nonsense'. Its
  label is the majority of these very votes, so there is no reference to hold anything against.
- cifar10n: what is in the picture? Three workers' answers and the clean label. The file does not
  say who they were: answer number n is taken for one person, which a rater model gains little from.

`accuracy` is against the reference, of the majority (ties at random, seeded) and of Dawid and
Skene's model; `alpha` is Krippendorff's with its bootstrap interval.
"""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from annotations.science.estimation.agreement_intervals import fleiss
from annotations.science.estimation.raters import (
    Vote,
    cohens_kappa,
    dawid_skene,
    krippendorff_alpha,
)
from benchmarks.real_sets import arguments, lines

# Pairs of people with fewer items in common say little.
FEWEST_SHARED = 50


@dataclass(frozen=True)
class People:
    """Votes (item, person, verdict), and what each item is known to be, if it is."""

    votes: list[Vote]
    truth: dict[Hashable, str]


def vsr(folder: Path) -> People:
    """Validators of Visual Spatial Reasoning; whoever voted both ways on an item is left out."""
    votes: list[Vote] = []
    truth: dict[Hashable, str] = {}
    for item, row in enumerate(lines(folder / "vsr_votes" / "all_vsr_raw_data.jsonl")):
        yes, no = set(row["vote_true_validator_id"]), set(row["vote_false_validator_id"])
        votes += [(item, person, "true") for person in sorted(yes - no)]
        votes += [(item, person, "false") for person in sorted(no - yes)]
        truth[item] = "true" if row["label"] else "false"
    return People(votes, truth)


def nlvr(folder: Path) -> People:
    """The five judgements of each sentence and picture."""
    votes = [
        (row["identifier"], person, verdict)
        for row in lines(folder / "nlvr" / "items.jsonl")
        for person, verdict in sorted(row["evals"].items())
    ]
    return People(votes, {})


def cifar10n(folder: Path) -> People:
    """Three workers' answers."""
    columns = ["id", "clean_label", "random_label1", "random_label2", "random_label3"]
    rows = pq.read_table(folder / "cifar10n" / "cifar10n.parquet", columns=columns).to_pylist()
    votes: list[Vote] = [(row["id"], n, row[f"random_label{n}"]) for row in rows for n in (1, 2, 3)]
    return People(votes, {row["id"]: row["clean_label"] for row in rows})


SETS: dict[str, Callable[[Path], People]] = {"vsr_votes": vsr, "nlvr": nlvr, "cifar10n": cifar10n}


def by_item(votes: list[Vote]) -> dict[Hashable, dict[Hashable, str]]:
    """Verdict by person by item."""
    found: dict[Hashable, dict[Hashable, str]] = {}
    for item, person, verdict in votes:
        found.setdefault(item, {})[person] = verdict
    return found


def majority_vote(votes: list[Vote], seed: int = 0) -> dict[Hashable, str]:
    """The most frequent verdict of each item; a tie goes by lot."""
    rng = np.random.default_rng(seed)
    found = {}
    for item, given in by_item(votes).items():
        counts: dict[str, int] = {}
        for verdict in given.values():
            counts[verdict] = counts.get(verdict, 0) + 1
        best = sorted(each for each, count in counts.items() if count == max(counts.values()))
        found[item] = best[int(rng.integers(len(best)))]
    return found


def accuracy(found: dict[Hashable, str], truth: dict[Hashable, str]) -> float | None:
    """Share of items that are as they are known to be."""
    same = [found[item] == truth[item] for item in truth if item in found]
    return round(float(np.mean(same)), 4) if same else None


def kappas(votes: list[Vote]) -> list[float]:
    """Cohen's kappa of every pair of people with enough items in common."""
    given: dict[Hashable, dict[Hashable, str]] = {}
    for item, person, verdict in votes:
        given.setdefault(person, {})[item] = verdict
    people = sorted(given, key=str)
    found = []
    for place, one in enumerate(people):
        for other in people[:place]:
            shared = sorted(given[one].keys() & given[other].keys(), key=str)
            if len(shared) >= FEWEST_SHARED:
                pair = ([given[who][item] for item in shared] for who in (one, other))
                found.append(cohens_kappa(*pair).value)
    return [each for each in found if np.isfinite(each)]


def measured(people: People) -> dict[str, Any]:
    """The line of one data set."""
    model = dawid_skene(people.votes)
    alpha = krippendorff_alpha(people.votes)
    found = fleiss(people.votes)
    pairs = kappas(people.votes)
    return {
        "items": len(model.items),
        "people": len(model.annotators),
        "votes": len(people.votes),
        "accuracy_majority": accuracy(majority_vote(people.votes), people.truth),
        "accuracy_dawid_skene": accuracy(model.resolved(), people.truth),
        "model_differs_from_majority": sum(
            model.resolved()[item] != verdict
            for item, verdict in majority_vote(people.votes).items()
        ),
        "alpha": round(alpha.value, 4),
        "alpha_interval": [round(alpha.low, 4), round(alpha.high, 4)],
        "fleiss_votes": found.votes,
        "fleiss_items": found.kappa.items,
        "fleiss_kappa": round(found.kappa.value, 4) if found.kappa.value is not None else None,
        "cohen_pairs": len(pairs),
        "cohen_median": round(float(np.median(pairs)), 4) if pairs else None,
    }


def main() -> None:
    """One line for each set that is there."""
    folder = arguments(__doc__).parse_args().data
    for name, read in SETS.items():
        if (folder / name).is_dir():
            print(json.dumps({"set": name, **measured(read(folder))}), flush=True)


if __name__ == "__main__":
    main()
