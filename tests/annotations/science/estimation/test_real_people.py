"""Votes of real people: our coefficients and rater model beside statsmodels and crowd-kit."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene
from crowdkit.metrics.data import alpha_krippendorff
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from annotations.science.estimation.raters import (
    cohens_kappa,
    dawid_skene,
    fleiss_kappa,
    krippendorff_alpha,
)
from benchmarks.real_people import SETS, People, accuracy, by_item, majority_vote

pytestmark = pytest.mark.realdata
NAMES = sorted(SETS)


@pytest.fixture(scope="module")
def known() -> dict[str, People]:
    """Every set that is there."""
    from tests.conftest import REAL_DATA_DIR

    return {name: SETS[name](Path(REAL_DATA_DIR)) for name in NAMES}


def crowd_kits(people: People) -> dict:
    """What crowd-kit's model resolves each item to."""
    with warnings.catch_warnings():
        # It still says `inplace` to pandas.
        warnings.simplefilter("ignore")
        return DawidSkene(n_iter=200, tol=1e-8).fit_predict(frame(people)).to_dict()


def frame(people: People) -> pd.DataFrame:
    return pd.DataFrame(people.votes, columns=["task", "worker", "label"])


@pytest.mark.parametrize("name", NAMES)
def test_krippendorffs_alpha_is_crowd_kits(known, name) -> None:
    people = known[name]
    # crowd-kit counts items with a single vote in the expected disagreement; ours, as
    # Krippendorff says, only values that can be paired.
    paired = {item for item, given in by_item(people.votes).items() if len(given) > 1}
    votes = [vote for vote in people.votes if vote[0] in paired]
    expected = alpha_krippendorff(frame(People(votes, {})))
    assert krippendorff_alpha(people.votes, resamples=2).value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ["nlvr", "cifar10n"])
def test_fleiss_kappa_is_statsmodels(known, name) -> None:
    given = by_item(known[name].votes)
    kinds = sorted({vote[2] for vote in known[name].votes})
    table = np.array([[list(row.values()).count(kind) for kind in kinds] for row in given.values()])
    expected = inter_rater.fleiss_kappa(table)
    assert fleiss_kappa(known[name].votes, resamples=2).value == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_cohens_kappa_and_its_error_are_statsmodels(known, name) -> None:
    people: dict = {}
    for item, person, verdict in known[name].votes:
        people.setdefault(person, {})[item] = verdict
    busiest = sorted(people, key=lambda each: -len(people[each]))[:4]
    compared = 0
    for place, one in enumerate(busiest):
        for other in busiest[:place]:
            shared = sorted(people[one].keys() & people[other].keys(), key=str)
            if len(shared) < 50:
                continue
            first, second = ([people[who][item] for item in shared] for who in (one, other))
            ours = cohens_kappa(first, second)
            table = pd.crosstab(pd.Series(first), pd.Series(second))
            kinds = sorted({*first, *second})
            square = table.reindex(index=kinds, columns=kinds, fill_value=0)
            theirs = inter_rater.cohens_kappa(square)
            assert ours.value == pytest.approx(theirs.kappa)
            assert ours.value == pytest.approx(cohen_kappa_score(first, second))
            assert (ours.low, ours.high) == pytest.approx(
                (theirs.kappa_low, min(theirs.kappa_upp, 1.0)), abs=1e-6
            )
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize("name", NAMES)
def test_dawid_and_skenes_model_resolves_as_crowd_kits(known, name) -> None:
    people = known[name]
    theirs = crowd_kits(people)
    ours = dawid_skene(people.votes).resolved()
    assert ours.keys() == theirs.keys()
    same = np.mean([ours[item] == theirs[item] for item in ours])
    # Ours smooths rare confusions by a hundredth of a vote, theirs not at all.
    assert same >= 0.995


@pytest.mark.parametrize("name", ["vsr_votes", "cifar10n"])
def test_the_rater_model_is_no_worse_than_the_majority(known, name) -> None:
    people = known[name]
    modelled = accuracy(dawid_skene(people.votes).resolved(), people.truth)
    lots = [accuracy(majority_vote(people.votes, seed), people.truth) for seed in range(20)]
    assert modelled >= np.mean(lots) - 0.002
    theirs = crowd_kits(people)
    assert modelled >= accuracy(theirs, people.truth) - 0.005


def test_the_sets_are_the_known_ones(known) -> None:
    sizes = {name: (len(people.votes), len(people.truth)) for name, people in known.items()}
    assert sizes == {"vsr_votes": (19277, 6392), "nlvr": (4945, 0), "cifar10n": (3000, 1000)}
