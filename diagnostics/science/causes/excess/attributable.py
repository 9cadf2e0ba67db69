"""The stratified attributable excess of errors over right answers of the same question type.

Miettinen (1974): of all E errors, A = Σ_s n_Fs (p_Fs − p_Gs) / E would be missing if rows with a
sign erred like the rows of their stratum without it. Var A = Σ_s [n_Fs p(1−p) + n_Fs² q(1−q)/n_Gs]
/ E², where p = (k_F + 1)/(n_F + 2) and q likewise, so that 0 of n is not certain; E is held fixed.
"""

from dataclasses import dataclass

import numpy as np

from diagnostics.science.causes.excess.answers import Rows, joined
from diagnostics.science.measures.samples import Bools, Floats


@dataclass(frozen=True)
class Excess:
    """`share` of all errors with its standard `error`; `signed` errors carry the sign.

    `count`: the excess in errors. `rows`: signed rows in strata that could be compared. `points`:
    mean difference of error rates over those rows, NaN without any. `odds`: the common odds ratio
    of Mantel and Haenszel (1959), NaN where it is not defined.
    """

    share: float
    error: float
    signed: int
    count: float
    rows: int
    odds: float

    @property
    def points(self) -> float:
        return self.count / self.rows if self.rows else float("nan")

    @property
    def points_error(self) -> float:
        """Standard error of `points`."""
        ratio = self.count / self.share if self.share else 0.0
        return self.error * ratio / self.rows if self.rows else float("nan")

    @property
    def weight(self) -> float:
        """How much of one signed error is excess (0..1)."""
        return min(max(self.count, 0.0) / self.signed, 1.0) if self.signed else 0.0


def attributable(
    sign: Bools, error: Bools, strata: Rows, errors: int, least: int = 5
) -> Excess | None:
    """The excess of n rows; None where no stratum has `least` rows with and without the sign.

    `sign`, `error`, `strata` (n): of rows on which the sign is known. `errors`: E, all errors of
    the evaluation. Raises ValueError where there are none.
    """
    if errors < 1:
        raise ValueError("a share of no errors is not defined")
    tables = _tables(sign, error, strata)
    tables = tables[(tables[:, 0] >= least) & (tables[:, 2] >= least)]
    if not len(tables):
        return None
    n_f, k_f, n_g, k_g = tables.T
    p, q = (k_f + 1) / (n_f + 2), (k_g + 1) / (n_g + 2)
    count = float((k_f - n_f * k_g / n_g).sum())
    variance = float((n_f * p * (1 - p) + n_f**2 * q * (1 - q) / n_g).sum())
    return Excess(
        share=count / errors,
        error=variance**0.5 / errors,
        signed=int(k_f.sum()),
        count=count,
        rows=int(n_f.sum()),
        odds=_common_odds(n_f, k_f, n_g, k_g),
    )


def strata_of(types: Rows, templates: Rows, sign: Bools, least: int = 5) -> Rows:
    """Strata (n): a template of its own within its type where it has `least` rows of both kinds.

    Rows of thinner templates stay together in their type. Errors take no part in the choice.
    """
    fine = joined(types, templates)
    size = int(fine.max(initial=-1)) + 1
    signed = np.bincount(fine[sign], minlength=size)
    enough = (signed >= least) & (np.bincount(fine, minlength=size) - signed >= least)
    return joined(types, np.where(enough[fine], fine, -1))


def _tables(sign: Bools, error: Bools, strata: Rows) -> Floats:
    """Of each stratum: rows and errors with the sign, rows and errors without it: (s, 4)."""
    size = int(strata.max(initial=-1)) + 1
    chosen = (sign, sign & error, ~sign, ~sign & error)
    return np.stack([np.bincount(strata[each], minlength=size) for each in chosen], 1).astype(float)


def _common_odds(n_f: Floats, k_f: Floats, n_g: Floats, k_g: Floats) -> float:
    total = n_f + n_g
    up, down = (k_f * (n_g - k_g) / total).sum(), (k_g * (n_f - k_f) / total).sum()
    return float(up / down) if down > 0 else float("nan")
