"""How many samples each cause affects, how sure that count is, and what mending it would give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnostics.science.causes.catalogue import NAMES, UNDETERMINED
from diagnostics.science.causes.rules import Named
from diagnostics.science.measures.results import Value
from diagnostics.science.measures.values import share_of


@dataclass(frozen=True)
class Affected:
    """One cause in a run.

    `evaluated`: error samples of the evaluation that it names; `trained`: of training. `of_errors`:
    share of the evaluation's errors. `of_samples`: share of all its samples, which is the accuracy
    that would be won if those errors were right; its interval says what another evaluation of the
    same size would show. `count`: the same interval in samples. `what_if`: the accuracy then.
    """

    cause: str
    evaluated: int
    trained: int
    of_errors: Value
    of_samples: Value
    count: Value
    what_if: Value
    positions: tuple[int, ...]

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Affected":
        """From what dataclasses.asdict made of one."""
        values: dict[str, Any] = {
            name: Value(**each) if isinstance(each, dict) else each for name, each in stored.items()
        }
        values["positions"] = tuple(stored["positions"])
        return cls(**values)


# Samples named one by one for a cause: the surest first.
MOST_NAMED = 200


def affected(
    positions: np.ndarray, evaluated: np.ndarray, named: Named, total: int, wrong: int
) -> tuple[Affected, ...]:
    """Every cause, and the errors without one; in the order of the catalogue.

    `positions`, `evaluated` (m): of the error samples that `named` names; `total` samples of the
    evaluation, `wrong` of them errors.
    """
    return tuple(
        _one(name, positions, evaluated, named, total, wrong) for name in (*NAMES, UNDETERMINED)
    )


def _one(
    name: str, positions: np.ndarray, evaluated: np.ndarray, named: Named, total: int, wrong: int
) -> Affected:
    of_cause = np.asarray(named.causes == name)
    count, elsewhere = int((of_cause & evaluated).sum()), int((of_cause & ~evaluated).sum())
    of_samples = share_of(count, total)
    rows = np.flatnonzero(of_cause & evaluated)
    surest = rows[np.argsort(-named.strengths[rows], kind="stable")][:MOST_NAMED]
    low, high = of_samples.low or 0.0, of_samples.high or 0.0
    return Affected(
        cause=name,
        evaluated=count,
        trained=elsewhere,
        of_errors=share_of(count, wrong),
        of_samples=of_samples,
        count=Value(count, "count", low * total, high * total, total, "Clopper–Pearson"),
        what_if=share_of(total - wrong + count, total),
        positions=tuple(int(each) for each in positions[surest]),
    )
