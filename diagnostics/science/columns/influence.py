"""How much each training sample pulls on answers: influence functions of a small convex head.

A logistic head on the embeddings stands in for the model's last layer. What would change without a
training sample is then known without training again: Koh and Liang (2017), "Understanding black-box
predictions via influence functions", equation 2, exact for this head up to the first order.

captum's NaiveInfluenceFunction gives the same numbers and serves as the oracle of the tests; it
differentiates its way to the Hessian that is written down here, at a hundred times the cost.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import log_softmax, softmax

from diagnostics.science.measures.samples import Bools, Floats

Labels = npt.NDArray[np.integer]

MOST_TRAIN = 5_000
MOST_DIMENSIONS = 64
MOST_ANSWERS = 50
# Weight of the penalty per training sample: small enough to fit, too large to learn by heart.
RIDGE = 1e-2
# Training samples whose gradients are held at once.
BATCH = 1_000


@dataclass(frozen=True)
class Influences:
    """What each of n training samples does; NaN for those that were not drawn.

    `self_influence` (n), nats, 0 or more: how much the sample's own loss would rise without it.
    `on_errors` (n), nats: how much the summed loss of the errors is higher because the sample is in
    training; above 0 it harms them, below 0 it helps.
    """

    self_influence: Floats
    on_errors: Floats


@dataclass(frozen=True)
class Head:
    """A fitted head: weights (k, d), no offset of its own, and the weight of its penalty."""

    weights: Floats
    penalty: float

    def probabilities(self, features: Floats) -> Floats:
        """Probability of each answer, (n, k), of features (n, d)."""
        return np.asarray(softmax(features @ self.weights.T, axis=1))


def influences(
    train: Floats,
    train_labels: Labels,
    errors: Floats,
    error_labels: Labels,
    *,
    seed: int = 0,
) -> Influences:
    """Influence of training samples (n, d) on themselves and on error samples (m, d).

    Labels are codes of reference answers, -1 where there is none. The head knows the 50 commonest
    answers of training, 64 principal components and a seeded draw of 5,000 samples; errors with
    another answer say nothing. All NaN with fewer than two answers, `on_errors` without any error.
    Raises ValueError where features and labels differ in length.
    """
    if len(train) != len(train_labels) or len(errors) != len(error_labels):
        raise ValueError("every row of features needs one label")
    absent = np.full(len(train), np.nan)
    answers = _commonest(train_labels)
    if len(answers) < 2:
        return Influences(absent, absent.copy())
    drawn = _drawn(np.isin(train_labels, answers), seed)
    asked = np.isin(error_labels, answers)
    own, other = _prepared(train[drawn], errors[asked])
    labels = np.searchsorted(answers, train_labels[drawn])
    head = fit_head(own, labels, len(answers))
    found = head_influences(head, own, labels, other, np.searchsorted(answers, error_labels[asked]))
    spread = Influences(absent, absent.copy())
    spread.self_influence[drawn] = found.self_influence
    if asked.any():
        spread.on_errors[drawn] = found.on_errors
    return spread


def fit_head(features: Floats, labels: Labels, answers: int, ridge: float = RIDGE) -> Head:
    """The head that minimises summed cross-entropy + n ridge |weights|² / 2; one minimum."""
    penalty = ridge * len(features)
    said = np.eye(answers)[labels]

    def objective(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(answers, -1)
        logits = features @ weights.T
        loss = -(log_softmax(logits, axis=1) * said).sum() + penalty / 2 * (flat @ flat)
        slope = (softmax(logits, axis=1) - said).T @ features + penalty * weights
        return float(loss), slope.ravel()

    start = np.zeros(answers * features.shape[1])
    fitted = scipy.optimize.minimize(
        objective, start, jac=True, method="L-BFGS-B",
        options={"maxiter": 2_000, "ftol": 1e-15, "gtol": 1e-7 * len(features)},
    )  # fmt: skip
    return Head(fitted.x.reshape(answers, -1), penalty)


def head_influences(
    head: Head, train: Floats, train_labels: Labels, errors: Floats, error_labels: Labels
) -> Influences:
    """Influences of the samples that the head was fitted to, by the inverse of its Hessian.

    With g the gradient of a sample's loss and H the Hessian of the objective, a sample's influence
    on itself is g' H⁻¹ g, and on the errors, whose gradients sum to v, -g' H⁻¹ v.
    """
    answers = len(head.weights)
    factor = cho_factor(hessian(head, train), lower=True, overwrite_a=True)
    surplus = head.probabilities(errors) - np.eye(answers)[error_labels]
    pull = cho_solve(factor, (surplus.T @ errors).ravel())
    itself, harm = np.empty(len(train)), np.empty(len(train))
    own = head.probabilities(train) - np.eye(answers)[train_labels]
    for first in range(0, len(train), BATCH):
        part = slice(first, first + BATCH)
        slopes = _outer(own[part], train[part])
        half = solve_triangular(factor[0], slopes.T, lower=True, check_finite=False)
        itself[part] = np.einsum("ij,ij->j", half, half)
        harm[part] = -slopes @ pull
    return Influences(itself, harm)


def hessian(head: Head, train: Floats) -> Floats:
    """Second derivatives of the objective, (k d, k d), weights in rows of the answers.

    Sum over samples of (diag p - p p') ⊗ x x', plus the penalty: Böhning (1992).
    """
    answers, size = head.weights.shape
    chances = head.probabilities(train)
    whole = np.zeros((answers * size, answers * size))
    for first in range(0, len(train), BATCH):
        part = slice(first, first + BATCH)
        weighted = _outer(chances[part], train[part])
        whole -= weighted.T @ weighted
    for code in range(answers):
        here = slice(code * size, (code + 1) * size)
        whole[here, here] += (train * chances[:, code, None]).T @ train
    whole[np.diag_indices(len(whole))] += head.penalty
    return whole


def _outer(first: Floats, second: Floats) -> Floats:
    """Outer product of every row of (n, k) with that of (n, d): (n, k d)."""
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)


def _commonest(labels: Labels) -> Labels:
    """Codes of the commonest answers, ascending."""
    codes, counts = np.unique(labels[labels >= 0], return_counts=True)
    return np.sort(codes[np.argsort(-counts, kind="stable")[:MOST_ANSWERS]])


def _drawn(usable: Bools, seed: int) -> npt.NDArray[np.int64]:
    """Rows of a seeded draw of the usable samples, ascending."""
    rows = np.flatnonzero(usable)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_TRAIN])


def _prepared(train: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Centred, reduced and scaled by what training shows, with a constant 1 for the offset.

    Scaled as a whole, to rows of mean squared length d: components keep their weight.
    """
    from sklearn.decomposition import PCA

    own, other = train - train.mean(axis=0), errors - train.mean(axis=0)
    if own.shape[1] > MOST_DIMENSIONS:
        reduced = PCA(min(MOST_DIMENSIONS, len(own)), svd_solver="covariance_eigh").fit(own)
        own, other = own @ reduced.components_.T, other @ reduced.components_.T
    size = float(np.sqrt((own**2).mean())) or 1.0
    return _with_one(own / size), _with_one(other / size)


def _with_one(features: Floats) -> Floats:
    return np.hstack([features, np.ones((len(features), 1))])
