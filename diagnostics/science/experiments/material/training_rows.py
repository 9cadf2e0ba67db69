"""Which samples an arm trains on, with which answer and which weight."""

import numpy as np

from diagnostics.science.experiments.design.draws import Rows, chosen_share, generator
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material.reserve import reserve
from diagnostics.science.measures.samples import Bools, Floats
from triage.science.record.scoring import normalise

# With fewer samples that people found clean, whatever a curated set lets stand counts as clean.
FEWEST_CLEAN = 200
# Of the weight by loss: the power of the rank (see `_by_loss`).
POWER = 4
Texts = tuple[tuple[str, ...], ...]


class Leak(AssertionError):
    """A sample that results are read on would be trained on."""


def corrected(material: Material) -> Texts:
    """Every sample's references (n), a curated correction in their place."""
    curated = material.curated
    if curated is None or not (curated.decision == "corrected").any():
        return material.answers
    fixed = np.flatnonzero(curated.decision == "corrected")
    answers = list(material.answers)
    for row in fixed.tolist():
        answers[row] = (curated.corrected[row],)
    return tuple(answers)


def trained_rows(material: Material, settings: Settings, seed: int) -> Rows:
    """Rows that an arm trains on, ascending, each with a reference answer.

    Raises TrainingRefused where none is left, or where the settings need what the material lacks.
    """
    rows = material.trained()
    rows = rows[[bool(material.answers[row]) for row in rows.tolist()]]
    if settings.audited_only:
        rows = rows[_clean(material, rows)]
    if settings.curation != "none":
        rows = _curated(material, rows, settings, seed)
    if settings.shots:
        rows = np.union1d(rows, shots(material, settings.shots, seed))
    if not len(rows):
        raise TrainingRefused("no sample is left to train on: the run needs a split 'train'")
    return rows.astype(np.int64)


def shots(material: Material, count: int, seed: int) -> Rows:
    """`count` samples of the target domain (-1: all), ascending; more shots hold fewer ones.

    Raises TrainingRefused where the run has none to spare.
    """
    spare = usable(material, reserve(material))
    if not len(spare):
        raise TrainingRefused(
            "no sample of the target domain can be spared for training: the run needs a split "
            "'val', 'ood' or a field 'domain'"
        )
    order = generator(seed, "shots").permutation(len(spare))
    return np.asarray(np.sort(spare[order if count < 0 else order[:count]]))


def usable(material: Material, rows: Rows) -> Rows:
    """Those of `rows` that have a reference answer and that the curated set did not drop."""
    known = np.array([bool(material.answers[row]) for row in rows.tolist()], dtype=bool)
    curated = material.curated
    if curated is not None:
        known &= curated.decision[rows] != "dropped"
    return np.asarray(rows[known])


def refuse_leak(material: Material, rows: Rows) -> None:
    """Raises Leak where a sample that is tested would be trained on."""
    tested = np.setdiff1d(material.tested(), reserve(material))
    shared = np.intersect1d(rows, tested)
    if len(shared):
        raise Leak(f"{len(shared)} tested samples would be trained on")


def answers_of(material: Material, rows: Rows, settings: Settings, seed: int) -> Texts:
    """The right answers (m) of training `rows`, as the arm trains with them.

    One answer is the commonest reference, the first of equals. Raises TrainingRefused where answers
    are to be replaced and training knows only one.
    """
    used = _answers(material, rows, settings)
    if settings.answers == "all":
        accepted = material.accepted
        found = [
            tuple(dict.fromkeys((*each, *(accepted[row] if accepted is not None else ()))))
            for row, each in zip(rows.tolist(), used, strict=True)
        ]
    else:
        found = [(commonest(each),) for each in used]
    if settings.injected:
        wrong = np.flatnonzero(
            chosen_share(rows, len(material), settings.injected, seed, "injected")
        )
        for place, answer in zip(wrong.tolist(), _others(used, wrong, seed), strict=True):
            found[place] = (answer,)
    return tuple(found)


def weights_of(material: Material, rows: Rows, settings: Settings) -> Floats:
    """Weights (m) of training `rows`; those of a weighting have mean 1.

    Raises TrainingRefused where the weighting needs what the material lacks.
    """
    weights = np.ones(len(rows))
    if settings.curation == "curated" and material.curated is not None:
        weights *= material.curated.weight[rows]
    if settings.weighting == "mismatch":
        weights *= _scaled(1 - _known(material.suspicion, rows, "a mismatch score"))
    elif settings.weighting == "loss":
        weights *= _scaled(_by_loss(_known(material.loss, rows, "the field 'loss'")))
    return weights


def commonest(answers: tuple[str, ...]) -> str:
    """The reference that most people gave, the first of equals; '' where there is none."""
    if len(answers) < 2:
        return answers[0] if answers else ""
    forms = [normalise(each) for each in answers]
    return answers[max(range(len(forms)), key=lambda place: (forms.count(forms[place]), -place))]


def _answers(material: Material, rows: Rows, settings: Settings) -> list[tuple[str, ...]]:
    """References of training `rows`: as the file has them, unless the arm trains on cleaned ones.

    Shots are no part of the training set that the file has: a correction holds for them always.
    """
    clean = corrected(material)
    if settings.curation == "curated" or settings.audited_only:
        return [clean[row] for row in rows.tolist()]
    own = material.split == "train"
    return [(material.answers if own[row] else clean)[row] for row in rows.tolist()]


def _clean(material: Material, rows: Rows) -> Bools:
    """Which of `rows` people found clean, or let stand where those are too few."""
    found = np.zeros(len(rows), dtype=bool)
    if material.found_clean is not None:
        found = material.found_clean[rows].copy()
    if material.curated is not None:
        dropped = material.curated.decision[rows] == "dropped"
        if found.sum() < FEWEST_CLEAN:
            return np.asarray(~dropped)
        found &= ~dropped
    if not found.any():
        raise TrainingRefused(
            "nobody has found a training sample clean: audit training samples, or freeze a "
            "curated set"
        )
    return found


def _curated(material: Material, rows: Rows, settings: Settings, seed: int) -> Rows:
    """Rows without those that the curated set drops, or without as many at random."""
    if material.curated is None:
        raise TrainingRefused("cleaning needs a curated set: freeze one from the audits")
    dropped = material.curated.decision[rows] == "dropped"
    if settings.curation == "curated":
        return np.asarray(rows[~dropped])
    lots = generator(seed, "curation").random(len(material))[rows]
    return np.asarray(np.sort(rows[np.argsort(lots, kind="stable")[int(dropped.sum()) :]]))


def _others(used: list[tuple[str, ...]], places: Rows, seed: int) -> list[str]:
    """For each of `places`, another answer, drawn as often as training has it."""
    first = [commonest(each) for each in used]
    forms, codes = np.unique([normalise(each) for each in first], return_inverse=True)
    if len(forms) < 2:
        raise TrainingRefused("all training answers are the same: none can be replaced by another")
    rng = generator(seed, "injected answers")
    drawn = rng.integers(len(first), size=len(first))
    same = codes[drawn] == codes
    while same.any():
        drawn[same] = rng.integers(len(first), size=int(same.sum()))
        same = codes[drawn] == codes
    return [first[place] for place in drawn[places].tolist()]


def _known(values: Floats | None, rows: Rows, name: str) -> Floats:
    """A column at `rows`, its mean where a sample has none."""
    own = np.full(len(rows), np.nan) if values is None else values[rows]
    known = np.isfinite(own)
    if not known.any():
        raise TrainingRefused(f"this weighting needs {name} of training samples")
    return np.where(known, own, own[known].mean())


def _by_loss(loss: Floats) -> Floats:
    """1 − rank⁴ of the mean training loss, rank in 0..1 from the lowest.

    What training still finds hard is more often wrong (the small-loss observation: Arpit et al.,
    2017; Han et al., 2018). Ranks, because losses have no scale that runs share; the fourth power,
    because only the far end is suspect: the middle sample loses 6 % of its weight, those from rank
    0.9 on a third and more. A cut-off would need the share of noise, which is not known.
    """
    # Equal losses share their mean place.
    _, inverse, counts = np.unique(loss, return_inverse=True, return_counts=True)
    place = (np.cumsum(counts) - (counts + 1) / 2)[inverse]
    return np.asarray(1 - (place / max(len(loss) - 1, 1)) ** POWER)


def _scaled(weights: Floats) -> Floats:
    """Weights of mean 1; all 1 where they are all 0."""
    kept = np.clip(weights, 0.0, None)
    mean = float(kept.mean()) if len(kept) else 0.0
    return kept / mean if mean > 0 else np.ones(len(kept))
