"""A classifier of causes, fitted on the causes that people confirmed.

Gradient boosting over the columns of evidence, which takes absent values as they are. It is used
where enough causes were confirmed and where, cross-validated, it beats the rules on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from diagnostics.science.causes.catalogue import NAMES, UNDETERMINED
from diagnostics.science.causes.evidence import Evidence
from diagnostics.science.causes.rules import Named, name_causes
from diagnostics.science.measures.values import wilson

# Confirmed causes before a classifier is tried, and of each cause that it may name.
LEAST_CONFIRMED = 60
LEAST_OF_A_CAUSE = 8
FOLDS = 5
# Less sure than this it names nothing.
LEAST_SURE = 0.4


@dataclass(frozen=True)
class Comparison:
    """Rules and classifier on the same confirmed samples, the classifier out of fold."""

    confirmed: int
    rules_right: float
    classifier_right: float
    rules_macro_f1: float
    classifier_macro_f1: float
    # 95 % limits of the classifier's share right.
    low: float
    high: float

    @property
    def classifier_wins(self) -> bool:
        """Better on both: a tie is for the rules, which can be read."""
        return (
            self.classifier_right > self.rules_right
            and self.classifier_macro_f1 > self.rules_macro_f1
        )


def enough(causes: np.ndarray) -> bool:
    """Whether a classifier can be tried on these confirmed causes (m)."""
    _named, counts = np.unique(causes, return_counts=True)
    return len(causes) >= LEAST_CONFIRMED and int((counts >= LEAST_OF_A_CAUSE).sum()) >= 2


def compare(
    evidence: Evidence, rows: np.ndarray, causes: np.ndarray, thresholds: Mapping[str, float]
) -> Comparison:
    """Both on the confirmed samples `rows` (m) of the evidence, whose causes (m) people gave."""
    kept = _learnable(causes)
    table, truth = _finite(evidence.table())[rows], causes
    by_rules = name_causes(evidence, thresholds).causes[rows]
    guessed = np.full(len(truth), UNDETERMINED, dtype=object)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    guessed[kept] = cross_val_predict(_model(), table[kept], truth[kept], cv=folds)
    hits = guessed == truth
    low, high = wilson(int(hits.sum()), len(truth))
    labels = [name for name in NAMES if (truth == name).any()]

    def macro(said: np.ndarray) -> float:
        return float(
            f1_score(
                truth.astype(str), said.astype(str), labels=labels, average="macro", zero_division=0
            )
        )

    return Comparison(
        confirmed=len(truth),
        rules_right=float((by_rules == truth).mean()),
        classifier_right=float(hits.mean()),
        rules_macro_f1=macro(by_rules),
        classifier_macro_f1=macro(guessed),
        low=low,
        high=high,
    )


def classify(evidence: Evidence, rows: np.ndarray, causes: np.ndarray) -> Named:
    """Every error sample named by a classifier fitted on the confirmed ones."""
    kept = _learnable(causes)
    table = _finite(evidence.table())
    model = _model().fit(table[rows][kept], causes[kept])
    chances = model.predict_proba(table)
    best = chances.argmax(axis=1)
    strengths = chances[np.arange(len(table)), best]
    names = np.where(strengths >= LEAST_SURE, model.classes_[best], UNDETERMINED)
    named = np.where(names == UNDETERMINED, 0.0, strengths)
    return Named(names.astype(str), named, np.full(len(table), "", dtype=str))


def _model() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.1, min_samples_leaf=4, l2_regularization=1.0, random_state=0
    )


def _learnable(causes: np.ndarray) -> np.ndarray:
    """Samples (m) of causes that were confirmed often enough to learn."""
    named, counts = np.unique(causes, return_counts=True)
    return np.isin(causes, named[counts >= LEAST_OF_A_CAUSE])


def _finite(table: np.ndarray) -> np.ndarray:
    """Infinite ranks (no reference among the candidates) as a place behind all; what is absent of
    every sample says nothing, and the model takes no such column."""
    known = ~np.isnan(table).all(axis=0)
    return np.where(np.isposinf(table), 1e6, table)[:, known]
