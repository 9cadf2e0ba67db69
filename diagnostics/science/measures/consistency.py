"""Whether what is wrong in evaluation was wrong in training too: noise and capacity, or transfer.

Case A: a kind of sample that is often wrong in training as well. Case B: one that training got
right and evaluation gets wrong.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from annotations.science.estimation.claims import holm
from diagnostics.science.measures.results import Behind, Figure, Measure, Result, Row, Table
from diagnostics.science.measures.samples import Groups, Samples
from diagnostics.science.measures.values import difference_of, named, share_of
from triage.science.words import gettext_noop as _

# A kind is looked at with at least this many samples on either side.
LEAST = 20
MOST_ROWS = 50
ALPHA = 0.05
KINDS = ("template", "question_type", "category")
# Read off the questions where the file names no template: finer than what follows.
MINED = "mined_template"
# A training error rate that is surely above this is no slip: what a clean, learnt type has not.
OFTEN = 0.2
CASE_A = _("case A: wrong in training too")
CASE_B = _("case B: fine in training")


@dataclass(frozen=True)
class _Kind:
    """One kind of sample on both sides: (errors, samples) each."""

    label: str
    train: tuple[int, int]
    evaluation: tuple[int, int]


def compute(samples: Samples) -> Result:
    """Error rates of the same kinds of samples in training and evaluation, and the two cases."""
    trained = samples.in_split("train")
    evaluated = ~trained & ~samples.in_split("ood")
    if not trained.any():
        return Result(
            absent=(_("split (with train rows)"),),
            note=_("The run has no training samples."),
        )
    sides = [(int((samples.error & side).sum()), int(side.sum())) for side in (trained, evaluated)]
    figures = [
        Figure(
            "train_error", _("Error rate in training"), share_of(*sides[0]),
            behind=Behind({"split": ["train"]}),
        ),
        Figure(
            "evaluation_error", _("Error rate in evaluation, same domain"), share_of(*sides[1]),
            behind=Behind({"split": ["val", "test"]}),
        ),
        Figure(
            "gap", _("Evaluation minus training"), difference_of(sides[1], sides[0]),
            _("Domains that training did not have are left out."),
        ),
    ]  # fmt: skip
    order = (KINDS[0], MINED, *KINDS[1:])
    name = next((each for each in order if samples.group(each) is not None), None)
    if name is None:
        return Result(tuple(figures), absent=KINDS)
    kinds = _kinds(samples.groups[name], samples.error, trained, evaluated)
    calls = called(kinds)
    errors = max(sides[1][0], 1)
    for case, key, words in (
        (
            CASE_A,
            "case_a",
            _("Evaluation errors of kinds that are wrong in training too (case A)"),
        ),
        (
            CASE_B,
            "case_b",
            _("Evaluation errors of kinds that training got right (case B)"),
        ),
    ):
        count = sum(k.evaluation[0] for k, call in zip(kinds, calls, strict=True) if call == case)
        labels = [k.label for k, call in zip(kinds, calls, strict=True) if call == case]
        wrong = evaluated & samples.error & samples.groups[name].among(labels)
        figures.append(
            Figure(
                key, words, share_of(count, errors), of=name.replace("_", " "),
                behind=named(samples.position, wrong),
            )
        )  # fmt: skip
    return Result(tuple(figures), (_table(samples, name, kinds, calls),))


def called(kinds: list[_Kind]) -> list[str]:
    """Case A, case B or nothing for each kind.

    Case A: the exact interval of the training error rate lies above a fifth. Case B: it does not
    reach that, and evaluation is worse than training by Fisher's exact test after Holm's correction
    over the kinds.
    """
    train, evaluation = (
        np.array([getattr(kind, side) for kind in kinds]).reshape(-1, 2)
        for side in ("train", "evaluation")
    )
    both = train + evaluation
    # Fisher's one-sided test: as many errors or more on the side of evaluation.
    found = scipy.stats.hypergeom.sf(evaluation[:, 0] - 1, both[:, 1], both[:, 0], evaluation[:, 1])
    tests = [float(each) for each in np.atleast_1d(found)]
    calls = []
    for kind, p_value in zip(kinds, holm(tests), strict=True):
        often = (share_of(*kind.train).low or 0.0) > OFTEN
        calls.append(CASE_A if often else CASE_B if p_value <= ALPHA else "")
    return calls


def _kinds(
    groups: Groups, error: np.ndarray, trained: np.ndarray, evaluated: np.ndarray
) -> list[_Kind]:
    """Kinds with enough samples on both sides, those with most evaluation errors first."""
    counts = [groups.counts(side) for side in (trained, evaluated)]
    wrong = [groups.counts(side & error) for side in (trained, evaluated)]
    kept = np.flatnonzero((counts[0] >= LEAST) & (counts[1] >= LEAST))
    kept = kept[np.argsort(-wrong[1][kept], kind="stable")]
    return [
        _Kind(
            groups.labels[code],
            (int(wrong[0][code]), int(counts[0][code])),
            (int(wrong[1][code]), int(counts[1][code])),
        )
        for code in kept
    ]


def _behind(samples: Samples, name: str, label: str) -> Behind:
    """The sample list narrowed to a kind; the errors of a mined template, which no list knows."""
    if name != MINED:
        return Behind(criteria={name: [label]})
    groups = samples.groups[name]
    return named(samples.position, samples.error & (groups.codes == groups.labels.index(label)))


def _table(samples: Samples, name: str, kinds: list[_Kind], calls: list[str]) -> Table:
    rows = tuple(
        Row(
            kind.label,
            (
                share_of(*kind.train),
                share_of(*kind.evaluation),
                difference_of(kind.evaluation, kind.train),
            ),
            call,
            _behind(samples, name, kind.label),
        )
        for kind, call in list(zip(kinds, calls, strict=True))[:MOST_ROWS]
    )
    return Table(
        "kinds",
        _("Training and evaluation"),
        _("Kind"),
        (
            _("error rate in training"),
            _("in evaluation"),
            _("difference"),
        ),
        rows,
        _(
            "Case A points to noise or capacity, case B to generalisation. Kinds with fewer "
            "than 20 "
            "samples on either side are left out."
        ),
        name.replace("_", " "),
        max(0, len(kinds) - MOST_ROWS),
    )


MEASURE = Measure(
    "consistency",
    _("Training and evaluation"),
    _("Is what is wrong in evaluation wrong in training too?"),
    compute,
)
