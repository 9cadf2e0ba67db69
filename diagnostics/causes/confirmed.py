"""Causes that people confirmed: how they agree with the naming, and what is learnt from them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from annotations.science.estimation.raters import krippendorff_alpha
from diagnostics.models import CauseVerdict, Naming
from diagnostics.science.causes.evidence import Evidence
from diagnostics.science.causes.rules import Named, name_causes
from diagnostics.science.measures.results import Value
from diagnostics.science.measures.values import share_of
from triage.models import Run


def confirmed_causes(run: Run) -> dict[int, str]:
    """The cause of each sample on which people spoke: the commonest word; none where they tie."""
    said: dict[int, Counter[str]] = {}
    verdicts = CauseVerdict.objects.filter(run=run, position__isnull=False)
    for position, cause in verdicts.values_list("position", "cause"):
        assert position is not None
        said.setdefault(position, Counter())[cause] += 1
    found = {}
    for position, counts in said.items():
        first, *rest = counts.most_common(2)
        if not rest or rest[0][1] < first[1]:
            found[position] = first[0]
    return found


def chosen_method(
    run: Run, positions: np.ndarray, evidence: Evidence, thresholds: Mapping[str, float]
) -> "tuple[Naming.Method, Named, dict[str, Any]]":
    """The rules' naming, or the classifier's where it is better on what people confirmed."""
    by_rules = name_causes(evidence, thresholds)
    confirmed = confirmed_causes(run)
    place = {int(position): row for row, position in enumerate(positions)}
    known = [(place[position], cause) for position, cause in confirmed.items() if position in place]
    rows = np.array([row for row, _cause in known], dtype=np.int64)
    causes = np.array([cause for _row, cause in known], dtype=object)
    from diagnostics.science.causes.classifier import classify, compare, enough

    if not enough(causes):
        return Naming.Method.RULES, by_rules, {"confirmed": len(known)}
    comparison = compare(evidence, rows, causes, thresholds)
    if not comparison.classifier_wins:
        return Naming.Method.RULES, by_rules, asdict(comparison)
    return Naming.Method.CLASSIFIER, classify(evidence, rows, causes), asdict(comparison)


@dataclass(frozen=True)
class Agreement:
    """What people said of the named causes of a run's errors.

    `samples` judged by `people`; of the `asked` words on a named cause `confirmed` agree with it,
    which is `share`. `alpha`: Krippendorff's, None below ten samples judged twice.
    """

    samples: int
    people: int
    confirmed: int
    asked: int
    share: Value
    alpha: float | None


def agreement(run: Run) -> Agreement:
    """How often people confirmed what was named, and how often they agree with each other."""
    verdicts = list(
        CauseVerdict.objects.filter(run=run, position__isnull=False).values_list(
            "position", "cause", "named", "by"
        )
    )
    confirmed = sum(cause == named for _position, cause, named, _by in verdicts if named)
    asked = sum(bool(named) for _position, _cause, named, _by in verdicts)
    return Agreement(
        samples=len({position for position, *_rest in verdicts}),
        people=len({by for *_rest, by in verdicts}),
        confirmed=confirmed,
        asked=asked,
        share=share_of(confirmed, asked),
        alpha=_alpha(verdicts),
    )


def _alpha(verdicts: "list[tuple[int | None, str, str, int]]") -> float | None:
    """Krippendorff's alpha of the people among themselves; None below ten samples judged twice."""
    by_sample: dict[int | None, dict[int, str]] = {}
    for position, cause, _named, by in verdicts:
        by_sample.setdefault(position, {})[by] = cause
    shared = {position: said for position, said in by_sample.items() if len(said) > 1}
    if len(shared) < 10:
        return None
    votes = [
        (position, by, cause) for position, said in shared.items() for by, cause in said.items()
    ]
    value = krippendorff_alpha(votes).value
    return value if isfinite(value) else None
