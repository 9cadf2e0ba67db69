"""The mismatch score: without labels, and fitted without ever seeing what it is read on."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc

from annotations.science.suspicion import mismatch


def world(count=2000, share=0.25, strength=1.5, seed=0):
    """Noise, and three inputs: a strong one, a weak one that is often unknown, a useless one."""
    rng = np.random.default_rng(seed)
    noisy = rng.random(count) < share
    weak = noisy * strength / 3 + rng.normal(size=count)
    inputs = {
        "strong": noisy * strength + rng.normal(size=count),
        "weak": np.where(rng.random(count) < 0.4, np.nan, weak),
        "useless": rng.normal(size=count),
    }
    return noisy, inputs, rng


def fit(noisy, inputs, rng, judged=200, groups=None):
    chosen = rng.permutation(len(noisy))[:judged]
    groups = np.arange(len(noisy)) if groups is None else groups
    found = mismatch.cross_fitted_scores(inputs, chosen, noisy[chosen], groups[chosen], rng)
    return chosen, found


def test_the_roc_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    noisy = rng.random(300) < 0.3
    scores = np.round(noisy + rng.normal(size=300), 1)
    found = mismatch.roc_curve(noisy, scores)
    false, true, _ = sklearn_roc(noisy, scores, drop_intermediate=False)
    assert found.auroc == pytest.approx(roc_auc_score(noisy, scores))
    assert found.false_positive == pytest.approx(false)
    assert found.true_positive == pytest.approx(true)


def test_delongs_interval_covers_the_true_area() -> None:
    # Normal scores a unit apart: the true area is Phi(1 / sqrt(2)).
    truth, rng, hits = 0.7602499, np.random.default_rng(2), 0
    for _ in range(400):
        noisy = np.arange(150) < 40
        found = mismatch.roc_curve(noisy, noisy + rng.normal(size=150))
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_a_roc_needs_both_kinds_and_perfect_order_is_one() -> None:
    with pytest.raises(ValueError, match="noisy and clean"):
        mismatch.roc_curve(np.ones(3, dtype=bool), np.arange(3.0))
    found = mismatch.roc_curve(np.array([False, False, True]), np.array([0.1, 0.2, 0.9]))
    assert (found.auroc, found.low, found.high) == (1.0, 0.0, 1.0)


def test_the_fitted_score_finds_noise_it_was_never_shown() -> None:
    noisy, inputs, rng = world()
    judged, found = fit(noisy, inputs, rng)
    rest = np.setdiff1d(np.arange(len(noisy)), judged)
    best_possible = roc_auc_score(noisy[rest], inputs["strong"][rest])
    assert roc_auc_score(noisy[rest], found.scores[rest]) > best_possible - 0.01
    assert found.weights["strong"] > 3 * abs(found.weights["useless"])
    assert found.roc.noisy + found.roc.clean == 200


def test_the_fitted_score_is_calibrated() -> None:
    gaps = []
    for seed in range(8):
        noisy, inputs, rng = world(seed=seed)
        judged, found = fit(noisy, inputs, rng, judged=300)
        rest = np.setdiff1d(np.arange(len(noisy)), judged)
        bins = np.array_split(rest[np.argsort(found.scores[rest])], 5)
        gaps.append([found.scores[part].mean() - noisy[part].mean() for part in bins])
    assert np.abs(np.mean(gaps, axis=0)).max() < 0.05


def test_labels_that_are_pure_chance_give_a_coin_and_not_a_finding() -> None:
    areas = []
    for seed in range(30):
        noisy, inputs, rng = world(strength=0.0, seed=seed)
        inputs |= {f"more {n}": rng.normal(size=len(noisy)) for n in range(20)}
        areas.append(fit(noisy, inputs, rng, judged=100)[1].roc.auroc)
    # Fitted to what it is read on, the same model stands at about 0.8.
    assert np.mean(areas) == pytest.approx(0.5, abs=0.04)


def test_an_image_is_never_on_both_sides() -> None:
    # Every image has its own random input and its own label: only a leak can learn it.
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(60), 4)
    labels = (rng.random(60) < 0.4)[groups]
    inputs = {f"mark {n}": rng.normal(size=60)[groups] for n in range(40)}
    found = mismatch.cross_fitted_scores(inputs, np.arange(240), labels, groups, rng)
    assert found.roc.auroc < 0.65


@pytest.mark.parametrize(("judged", "noise"), [(39, 15), (100, 9), (100, 95)])
def test_too_few_verdicts_are_refused(judged, noise) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(judged) < noise
    with pytest.raises(mismatch.TooFewVerdicts, match=f"{judged} decided verdicts, {noise}"):
        mismatch.cross_fitted_scores(
            {"a": rng.normal(size=judged)}, np.arange(judged), labels, np.arange(judged), rng
        )


def test_inputs_that_do_not_vary_are_refused() -> None:
    labels = np.arange(100) < 30
    everyone = np.arange(100)
    with pytest.raises(mismatch.TooFewVerdicts, match="varies"):
        mismatch.cross_fitted_scores(
            {"a": np.ones(100), "b": np.full(100, np.nan)},
            everyone,
            labels,
            everyone,
            np.random.default_rng(0),
        )


def ranks_of(values) -> np.ndarray:
    out = np.full(len(values), np.nan)
    known = np.isfinite(values)
    out[known] = (values[known].argsort().argsort() + 0.5) / known.sum()
    return out


def test_without_labels_inputs_count_as_far_as_the_others_bear_them_out() -> None:
    noisy, inputs, _ = world(strength=2.0)
    rng = np.random.default_rng(5)
    inputs["also strong"] = noisy * 2.0 + rng.normal(size=len(noisy))
    ranks = {name: ranks_of(values) for name, values in inputs.items()}
    scores, weights = mismatch.label_free_scores(ranks)
    assert weights["strong"] > 2 * weights["useless"]
    assert roc_auc_score(noisy, scores) > roc_auc_score(noisy, inputs["strong"])
    assert (scores > 0).all()
    assert (scores < 1).all()


def test_what_nothing_is_known_of_stands_in_the_middle() -> None:
    scores, weights = mismatch.label_free_scores({"a": np.full(3, np.nan)})
    assert scores.tolist() == [0.5] * 3
    assert weights == {}
    scores, _ = mismatch.label_free_scores({"a": np.array([0.25, 0.75, np.nan])})
    assert scores.tolist() == [0.25, 0.75, 0.5]
