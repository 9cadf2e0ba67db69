"""Influence without training again, held against training again: one JSON line.

    python -m benchmarks.influence_check [--captum]

Made data: one centre per answer, a tenth of the training answers flipped. For each seed a small
head is fitted, and fitted again without each of its 150 samples; Spearman's rank correlation says
how well the influences foretell what that changed, of the errors' loss and of the sample's own. The
AUROC says how well flipped answers are told from right ones. Means over the seeds, with the lowest.
Then 5,000 samples with 64 features and 50 answers, and how long they take. With --captum: the same
small heads by captum's NaiveInfluenceFunction (how far apart, how many times as long) and by
TracInCPFast (its rank correlations), and the former's seconds with 2,000 samples, 32 features and
20 answers (two minutes).
"""

import argparse
import json
import time
import warnings
from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from diagnostics.science.columns.influence import Head, fit_head, head_influences, influences

ANSWERS, SIZE, TRAIN, ERRORS, FLIPPED, RIDGE = 4, 8, 150, 60, 0.1, 1e-2


def main() -> None:
    """Print the figures."""
    raw = argparse.RawTextHelpFormatter
    told = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    told.add_argument("--seeds", type=int, default=5)
    told.add_argument("--captum", action="store_true")
    wishes = told.parse_args()
    rows = [small(seed, wishes.captum) for seed in range(wishes.seeds)]
    line: dict[str, Any] = {"benchmark": "influence_check", "seeds": wishes.seeds}
    for name in rows[0]:
        values = [row[name] for row in rows]
        line[name] = round(float(np.mean(values)), 4)
        line[f"{name}_lowest"] = round(float(np.min(values)), 4)
    line["seconds_5000"] = seconds(5000, 64, 50, captum=False)
    if wishes.captum:
        line["seconds_2000"] = seconds(2000, 32, 20, captum=False)
        line["captum_seconds_2000"] = seconds(2000, 32, 20, captum=True)
    print(json.dumps(line), flush=True)


def small(seed: int, captum: bool) -> dict[str, float]:
    """Rank correlations with training again, and the AUROC of flipped answers."""
    train, labels, errors, asked, flipped = made(TRAIN, ERRORS, SIZE, ANSWERS, 0.8, seed)
    train, errors = (np.hstack([each, np.ones((len(each), 1))]) for each in (train, errors))
    head = fit_head(train, labels, ANSWERS, RIDGE)
    found = head_influences(head, train, labels, errors, asked)
    itself, harm = without_each(head, train, labels, errors, asked)
    row = {
        "rank_on_errors": spearmanr(found.on_errors, harm).statistic,
        "rank_self": spearmanr(found.self_influence, itself).statistic,
        "auroc_self": roc_auc_score(flipped, found.self_influence),
        "auroc_on_errors": roc_auc_score(flipped, found.on_errors),
    }
    if captum:
        exact = by_captum(head, train, labels, errors, asked)
        crude = by_captum(head, train, labels, errors, asked, fast=True)
        row["captum_apart"] = float(np.abs(exact[1] - found.on_errors).max())
        row["tracin_rank_on_errors"] = spearmanr(crude[1], harm).statistic
        row["tracin_rank_self"] = spearmanr(crude[0], itself).statistic
    return row


def without_each(
    head: Head, train: np.ndarray, labels: np.ndarray, errors: np.ndarray, asked: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What training without each sample does: its own loss rises by, the errors' falls by (n)."""
    own, theirs = losses(head.weights, train, labels), losses(head.weights, errors, asked).sum()
    itself, harm = np.empty(len(train)), np.empty(len(train))
    for row in range(len(train)):
        kept = np.arange(len(train)) != row
        again = LogisticRegression(
            C=1 / head.penalty, fit_intercept=False, solver="newton-cholesky", tol=1e-9
        ).fit(train[kept], labels[kept])
        itself[row] = losses(again.coef_, train[[row]], labels[[row]])[0] - own[row]
        harm[row] = theirs - losses(again.coef_, errors, asked).sum()
    return itself, harm


def by_captum(
    head: Head,
    train: np.ndarray,
    labels: np.ndarray,
    errors: np.ndarray,
    asked: np.ndarray,
    fast: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """The same two influences by captum: exact, or by the gradients' product alone."""
    import torch
    from captum.influence import NaiveInfluenceFunction, TracInCPFast

    layer = torch.nn.Sequential(torch.nn.Linear(train.shape[1], len(head.weights), bias=False))
    layer = layer.double()
    with torch.no_grad():
        layer[0].weight.copy_(torch.tensor(head.weights))
    data = torch.utils.data.TensorDataset(torch.tensor(train), torch.tensor(labels))
    loss = torch.nn.CrossEntropyLoss(reduction="sum")
    batch = (torch.tensor(errors), torch.tensor(asked))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if fast:
            crude = TracInCPFast(
                layer, layer[0], data, [""], lambda model, path: 1.0, loss, batch_size=1000
            )
            return crude.self_influence().numpy(), -crude.influence(batch).sum(0).numpy()
        exact = NaiveInfluenceFunction(
            layer, data, "", lambda model, path: 1.0, loss_fn=loss, batch_size=1000,
            sample_wise_grads_per_batch=True, projection_dim=head.weights.size,
            hessian_reg=head.penalty,
        )  # fmt: skip
        return exact.self_influence().numpy(), -exact.influence(batch).sum(0).numpy()


def seconds(count: int, size: int, answers: int, captum: bool) -> float:
    """How long made data of that size take, the head's fit included."""
    train, labels, errors, asked, _ = made(count, 500, size, answers, 0.3, 0)
    begun = time.perf_counter()
    if captum:
        by_captum(fit_head(train, labels, answers), train, labels, errors, asked)
    else:
        influences(train, labels, errors, asked)
    return round(time.perf_counter() - begun, 1)


def made(
    count: int, errors: int, size: int, answers: int, apart: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training and other features and labels around centres, and which training ones are false."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(answers, size)) * apart
    labels = rng.integers(answers, size=count + errors)
    features = centres[labels] + rng.normal(size=(count + errors, size))
    flipped = rng.permutation(count) < round(FLIPPED * count)
    labels[:count][flipped] += rng.integers(1, answers, size=flipped.sum())
    labels %= answers
    return features[:count], labels[:count], features[count:], labels[count:], flipped


def losses(weights: np.ndarray, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Cross-entropy of each sample (n)."""
    logits = features @ weights.T
    return np.asarray(logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels])


if __name__ == "__main__":
    main()
