"""Influence against training again without each sample, against captum, and on planted noise."""

import warnings

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize
from scipy.special import logsumexp
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from diagnostics.science.columns import influence
from diagnostics.science.columns.influence import fit_head, head_influences, influences

ANSWERS, SIZE, TRAIN, ERRORS = 3, 6, 150, 50
RIDGE = 0.02


def answered(
    count: int, answers: int, size: int, apart: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Features around one centre per answer, and the answers."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(answers, size)) * apart
    labels = rng.integers(answers, size=count)
    return centres[labels] + rng.normal(size=(count, size)), labels


def losses(weights: np.ndarray, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    logits = features @ weights.T
    return logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]


def trained_again(features: np.ndarray, labels: np.ndarray, penalty: float) -> np.ndarray:
    """The same head by another solver, with one offset among the features."""
    found = LogisticRegression(
        C=1 / penalty, fit_intercept=False, solver="newton-cholesky", tol=1e-9
    )
    return np.asarray(found.fit(features, labels).coef_)


@pytest.fixture(scope="module")
def small() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    features, labels = answered(TRAIN + ERRORS, ANSWERS, SIZE, 0.8, seed=4)
    features = np.hstack([features, np.ones((len(features), 1))])
    return features[:TRAIN], labels[:TRAIN], features[TRAIN:], labels[TRAIN:]


def test_the_head_is_scikit_learns(small) -> None:
    train, labels, _, _ = small

    head = fit_head(train, labels, ANSWERS, RIDGE)

    assert head.weights == pytest.approx(trained_again(train, labels, head.penalty), abs=1e-4)


def test_the_head_of_two_answers_is_at_its_minimum() -> None:
    features, labels = answered(80, 2, 3, 1.0, seed=1)
    head = fit_head(features, labels, 2, RIDGE)

    def whole(flat: np.ndarray) -> float:
        loss = losses(flat.reshape(2, -1), features, labels).sum()
        return float(loss + head.penalty / 2 * flat @ flat)

    lowest = minimize(whole, np.zeros(6), method="BFGS").fun
    assert whole(head.weights.ravel()) == pytest.approx(lowest, rel=1e-6)


def test_the_hessian_is_that_of_the_objective(small) -> None:
    train, labels, _, _ = small
    head = fit_head(train, labels, ANSWERS, RIDGE)
    row = np.random.default_rng(0).integers(head.weights.size)

    def slope(flat: np.ndarray) -> np.ndarray:
        moved = influence.Head(flat.reshape(head.weights.shape), head.penalty)
        surplus = moved.probabilities(train) - np.eye(ANSWERS)[labels]
        return (surplus.T @ train).ravel() + head.penalty * flat

    off = check_grad(
        lambda flat: slope(flat)[row],
        lambda flat: influence.hessian(
            influence.Head(flat.reshape(head.weights.shape), head.penalty), train
        )[row],
        head.weights.ravel(),
    )
    assert off < 1e-4


def test_influences_rank_samples_as_training_without_each_of_them_does(small) -> None:
    train, labels, errors, asked = small
    head = fit_head(train, labels, ANSWERS, RIDGE)

    found = head_influences(head, train, labels, errors, asked)

    itself, harm = np.empty(TRAIN), np.empty(TRAIN)
    own, theirs = losses(head.weights, train, labels), losses(head.weights, errors, asked).sum()
    for row in range(TRAIN):
        kept = np.arange(TRAIN) != row
        weights = trained_again(train[kept], labels[kept], head.penalty)
        itself[row] = losses(weights, train[[row]], labels[[row]])[0] - own[row]
        harm[row] = theirs - losses(weights, errors, asked).sum()
    assert spearmanr(found.on_errors, harm).statistic > 0.95
    assert spearmanr(found.self_influence, itself).statistic > 0.99
    # Not the ranks alone: the sizes agree where a sample pulls little.
    light = found.self_influence < np.median(found.self_influence)
    assert found.on_errors[light] == pytest.approx(harm[light], rel=0.3, abs=0.05)


def test_captum_finds_the_same_influences(small) -> None:
    torch = pytest.importorskip("torch")
    from captum.influence import NaiveInfluenceFunction

    train, labels, errors, asked = small
    head = fit_head(train, labels, ANSWERS, RIDGE)
    layer = torch.nn.Sequential(torch.nn.Linear(SIZE + 1, ANSWERS, bias=False)).double()
    with torch.no_grad():
        layer[0].weight.copy_(torch.tensor(head.weights))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = NaiveInfluenceFunction(
            layer,
            torch.utils.data.TensorDataset(torch.tensor(train), torch.tensor(labels)),
            "",
            lambda model, path: 1.0,
            loss_fn=torch.nn.CrossEntropyLoss(reduction="sum"),
            batch_size=TRAIN,
            sample_wise_grads_per_batch=True,
            projection_dim=head.weights.size,
            hessian_reg=head.penalty,
        )
        itself = oracle.self_influence().numpy()
        helped = oracle.influence((torch.tensor(errors), torch.tensor(asked))).sum(0).numpy()

    found = head_influences(head, train, labels, errors, asked)

    # captum's regulariser is added in single precision.
    assert found.self_influence == pytest.approx(itself, rel=1e-5)
    assert found.on_errors == pytest.approx(-helped, rel=1e-4, abs=1e-6)


def test_planted_wrong_answers_pull_hardest_and_harm_most() -> None:
    features, labels = answered(1600, 12, 40, 0.6, seed=2)
    rng = np.random.default_rng(3)
    flipped = rng.permutation(1200)[:120]
    labels[flipped] = (labels[flipped] + rng.integers(1, 12, size=120)) % 12
    planted = np.isin(np.arange(1200), flipped)

    found = influences(features[:1200], labels[:1200], features[1200:], labels[1200:])

    assert roc_auc_score(planted, found.self_influence) > 0.9
    assert roc_auc_score(planted, found.on_errors) > 0.85


def test_the_sign_says_who_harms() -> None:
    """Half of the samples around one place call it 0, one calls it 1; the errors there are 0."""
    rng = np.random.default_rng(5)
    train = np.vstack([rng.normal(size=(40, 2)) + 3, rng.normal(size=(40, 2)) - 3])
    labels = np.repeat([0, 1], 40)
    labels[0] = 1

    found = influences(train, labels, np.full((5, 2), 3.0), np.zeros(5, dtype=int))

    assert int(found.on_errors.argmax()) == 0
    assert found.on_errors[0] > 0
    assert (found.on_errors[1:40] < 0).all()


def test_what_is_not_drawn_or_rare_or_unanswered_is_unknown(monkeypatch) -> None:
    monkeypatch.setattr(influence, "MOST_TRAIN", 60)
    monkeypatch.setattr(influence, "MOST_ANSWERS", 2)
    monkeypatch.setattr(influence, "MOST_DIMENSIONS", 4)
    features, labels = answered(200, 2, 10, 1.0, seed=6)
    labels[:5], labels[5:9] = -1, 7

    first = influences(features, labels, features[:9], labels[:9], seed=1)

    known = np.isfinite(first.self_influence)
    assert known.sum() == 60
    assert not known[:9].any()
    # No error has an answer that the head knows.
    assert np.isnan(first.on_errors).all()
    again = influences(features, labels, features[9:20], labels[9:20], seed=1)
    assert (np.isfinite(again.on_errors) == known).all()
    assert again.self_influence == pytest.approx(first.self_influence, nan_ok=True)
    other = influences(features, labels, features[9:20], labels[9:20], seed=2)
    assert (np.isfinite(other.on_errors) != known).any()


def test_one_answer_teaches_nothing() -> None:
    found = influences(np.ones((4, 2)), np.zeros(4, dtype=int), np.ones((1, 2)), np.zeros(1, int))

    assert np.isnan(found.self_influence).all()
    assert np.isnan(found.on_errors).all()


def test_features_that_are_all_the_same_are_no_trouble() -> None:
    labels = np.array([0, 1] * 10)

    found = influences(np.ones((20, 3)), labels, np.ones((2, 3)), np.array([0, 1]))

    assert found.self_influence == pytest.approx(np.full(20, found.self_influence[0]))
    assert np.isfinite(found.on_errors).all()


def test_lengths_have_to_agree() -> None:
    with pytest.raises(ValueError, match="one label"):
        influences(np.ones((3, 2)), np.zeros(2, int), np.ones((1, 2)), np.zeros(1, int))
