"""Samples of the target domain that a model may be taught with, apart from those it is tested on.

They come from the validation split, which results are not read on; where that has none, from half
of the tested samples out of domain, which every arm of the experiment then leaves out of its test.
"""

import numpy as np

from diagnostics.science.experiments.design.draws import Rows
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.measures.samples import Bools

# The same half for every seed and every arm: what is tested on must not vary.
_SEED = 20_231
_SHARE = 0.5


def out_of_domain(material: Material) -> Bools | None:
    """Samples (n) of split 'ood' or of a domain that training has none of; None without any."""
    found = np.asarray(material.split == "ood")
    domain = material.strata.get("domain")
    if domain is not None:
        trained = np.unique(domain.codes[material.trained()])
        found = found | ((domain.codes >= 0) & ~np.isin(domain.codes, trained))
    return found if found.any() else None


def reserve(material: Material) -> Rows:
    """Rows that shots are taken from, ascending; empty where there are none.

    No picture that is tested is among them.
    """
    tested, out = material.tested(), out_of_domain(material)
    spare = np.setdiff1d(np.flatnonzero(material.split == "val"), tested)
    if out is not None:
        spare = spare[out[spare]]
        if not len(spare):
            return _half(material, tested[out[tested]])
    return np.asarray(spare[~_shown(material, spare, tested)])


def _half(material: Material, rows: Rows) -> Rows:
    """Half of the pictures of `rows`, each with all its samples of `rows`."""
    # A sample without a picture stands alone.
    pictures = np.where(material.image[rows] >= 0, material.image[rows], -1 - rows)
    names = np.unique(pictures)
    order = np.random.default_rng(_SEED).permutation(len(names))
    kept = names[order[: int(_SHARE * len(names))]]
    return rows[np.isin(pictures, kept)]


def _shown(material: Material, rows: Rows, tested: Rows) -> Bools:
    """Which of `rows` show a picture that is tested."""
    pictures = material.image[rows]
    return np.asarray((pictures >= 0) & np.isin(pictures, material.image[tested]))
