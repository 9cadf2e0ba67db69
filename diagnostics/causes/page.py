"""What pages show of the causes: the samples of one, and the evidence on one sample."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.http import Http404
from django.utils.translation import gettext as _

from diagnostics.causes.naming import read_causes, read_one
from diagnostics.models import Diagnosis, Naming
from diagnostics.science.causes.affected import Affected
from diagnostics.science.causes.catalogue import BY_NAME, Cause
from diagnostics.science.causes.evidence import COLUMNS, SIX
from diagnostics.science.causes.rules import BY_NAME as RULES
from diagnostics.science.causes.rules import Rule
from triage.models import Run
from triage.science.analysis.features import FEATURE_NAMED as FEATURES

MOST_SHOWN = 100


@dataclass(frozen=True)
class NamedSample:
    """An error sample in the list of its cause; `strength` 0..1, `because`: the rule's sentence."""

    position: int
    question: str
    answers: list[str] | None
    prediction: str
    split: str | None
    strength: float
    because: str


@dataclass(frozen=True)
class CausePage:
    """The error samples that one cause was named for; its fields are the template's names.

    `cause` is None for the errors without one; `left` counts those that are not listed.
    """

    run: Run
    diagnosis: Diagnosis
    cause: "Cause | None"
    affected: Affected
    rows: list[NamedSample]
    left: int


@dataclass(frozen=True)
class FeatureLine:
    """One of the six features on a sample; `value` None where it was not measured.

    `percentile`: share of the run's errors with at most this value, in per cent. `needs`: the
    fields that it is made of. `decisive`: the rule went by it.
    """

    name: str
    words: str
    value: float | None
    percentile: float | None
    needs: str
    decisive: bool


@dataclass(frozen=True)
class EvidenceLine:
    """One more piece of evidence on a sample, as in FeatureLine."""

    words: str
    value: float
    percentile: float | None
    decisive: bool


@dataclass(frozen=True)
class SampleEvidence:
    """What was found on one error sample.

    `cause` is None where no cause was named, `name` then says undetermined; `rule` is None where
    no rule named it. `decisive`: the lines beside the six features that the rule went by.
    """

    cause: "Cause | None"
    name: str
    strength: float
    rule: "Rule | None"
    features: list[FeatureLine]
    decisive: list[EvidenceLine]
    lines: list[EvidenceLine]
    method: str


def cause_page(run: Run, name: str) -> CausePage:
    """The error samples that one cause was named for, the surest first. Raises Http404."""
    diagnosis = Diagnosis.latest_of(run)
    naming = diagnosis.naming() if diagnosis is not None else None
    if diagnosis is None or naming is None:
        raise Http404
    stored = next((each for each in naming.summary["affected"] if each["cause"] == name), None)
    if stored is None:
        raise Http404
    found = Affected.from_dict(stored)
    rows = _named_samples(run, naming, list(found.positions[:MOST_SHOWN]))
    left = found.evaluated - len(rows)
    return CausePage(run, diagnosis, BY_NAME.get(name), found, rows, left)


def _named_samples(run: Run, naming: Naming, positions: list[int]) -> list[NamedSample]:
    rows = run.browser.rows(positions)
    because = named_at(naming, [row["position"] for row in rows])
    found = []
    for row in rows:
        strength, rule = because[row["position"]]
        found.append(
            NamedSample(
                position=row["position"],
                question=row["question"],
                answers=row["answers"],
                prediction=row["prediction"],
                split=row["split"],
                strength=strength,
                because=RULES[rule].sentence if rule in RULES else "",
            )
        )
    return found


def named_at(naming: Naming, positions: list[int]) -> dict[int, tuple[float, str]]:
    """Strength and rule of the samples at these positions."""
    table = read_causes(naming)
    at = table.filter(pc.is_in(table["position"], value_set=pa.array(positions, pa.int64())))
    columns = (at[name].to_pylist() for name in ("position", "strength", "rule"))
    return {place: (strength, rule) for place, strength, rule in zip(*columns, strict=True)}


def evidence_lines(run: Run, position: int) -> SampleEvidence | None:
    """What was found on one error sample: its cause, the rule's sentence, each column of evidence.

    None where the run has no diagnosis or the sample is no error of it.
    """
    diagnosis = Diagnosis.latest_of(run)
    naming = diagnosis.naming() if diagnosis is not None else None
    if diagnosis is None or naming is None:
        return None
    found = read_one(diagnosis, naming, position)
    if found is None:
        return None
    rule = RULES.get(found["rule"])
    decisive = {condition.column for condition in rule.conditions} if rule is not None else set()
    lines = _lines(found, decisive)
    return SampleEvidence(
        cause=BY_NAME.get(found["cause"]),
        name=found["cause"],
        strength=found["strength"],
        rule=rule,
        features=_features(found, decisive),
        decisive=[line for line in lines if line.decisive],
        lines=[line for line in lines if not line.decisive],
        method=naming.method,
    )


def _features(found: dict[str, Any], decisive: set[str]) -> list[FeatureLine]:
    """The six features; `found`: what naming.read_one read."""
    return [
        FeatureLine(
            name=name,
            words=FEATURES[name].description,
            value=found["evidence"].get(name),
            percentile=found["percentiles"].get(name),
            needs=", ".join(_(each) for each in FEATURES[name].needs),
            decisive=name in decisive,
        )
        for name in SIX
    ]


def _lines(found: dict[str, Any], decisive: set[str]) -> list[EvidenceLine]:
    """The evidence beside the six features, as far as it was measured."""
    return [
        EvidenceLine(
            words=column.description,
            value=found["evidence"][column.name],
            percentile=found["percentiles"][column.name],
            decisive=column.name in decisive,
        )
        for column in COLUMNS
        if found["evidence"][column.name] is not None and column.name not in SIX
    ]
