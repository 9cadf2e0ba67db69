"""What pages and the report show of the causes: verdicts, priorities, and the samples behind."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.http import Http404
from django.utils.translation import gettext as _

from diagnostics.causes.naming import read_causes
from diagnostics.models import Diagnosis, Naming
from triage.models import Run

MOST_SHOWN = 100


def cause_page(run: Run, name: str) -> dict[str, Any]:
    """The error samples that one cause was named for, the surest first. Raises Http404."""
    diagnosis = Diagnosis.latest_of(run)
    naming = diagnosis.naming() if diagnosis is not None else None
    if naming is None:
        raise Http404
    found = next((each for each in naming.summary["affected"] if each["cause"] == name), None)
    if found is None:
        raise Http404
    from diagnostics.science.causes.catalogue import BY_NAME
    from diagnostics.science.causes.rules import BY_NAME as RULES

    rows = run.browser.rows(found["positions"][:MOST_SHOWN])
    because = named_at(naming, [row["position"] for row in rows])
    for row in rows:
        row["strength"], rule = because[row["position"]]
        row["because"] = RULES[rule].sentence if rule in RULES else ""
    return {
        "run": run,
        "diagnosis": diagnosis,
        "cause": BY_NAME.get(name),
        "affected": found,
        "rows": rows,
        "left": found["evaluated"] - len(rows),
    }


def named_at(naming: Naming, positions: list[int]) -> dict[int, tuple[float, str]]:
    """Strength and rule of the samples at these positions."""
    table = read_causes(naming)
    at = table.filter(pc.is_in(table["position"], value_set=pa.array(positions, pa.int64())))
    columns = (at[name].to_pylist() for name in ("position", "strength", "rule"))
    return {place: (strength, rule) for place, strength, rule in zip(*columns, strict=True)}


def evidence_lines(run: Run, position: int) -> dict[str, Any] | None:
    """What was found on one error sample: its cause, the rule's sentence, each column of evidence.

    None where the run has no diagnosis or the sample is no error of it.
    """
    diagnosis = Diagnosis.latest_of(run)
    naming = diagnosis.naming() if diagnosis is not None else None
    if diagnosis is None or naming is None:
        return None
    from diagnostics.causes.naming import read_one
    from diagnostics.science.causes.catalogue import BY_NAME
    from diagnostics.science.causes.evidence import COLUMNS, SIX
    from diagnostics.science.causes.rules import BY_NAME as RULES
    from triage.science.analysis.features import FEATURE_NAMED as FEATURES

    found = read_one(diagnosis, naming, position)
    if found is None:
        return None
    rule = RULES.get(found["rule"])
    decisive = {condition.column for condition in rule.conditions} if rule is not None else set()
    lines = [
        {
            "words": column.description,
            "value": found["evidence"][column.name],
            "percentile": found["percentiles"][column.name],
            "decisive": column.name in decisive,
        }
        for column in COLUMNS
        if found["evidence"][column.name] is not None and column.name not in SIX
    ]
    features = [
        {
            "name": name,
            "words": FEATURES[name].description,
            "value": found["evidence"].get(name),
            "percentile": found["percentiles"].get(name),
            "needs": ", ".join(_(each) for each in FEATURES[name].needs),
            "decisive": name in decisive,
        }
        for name in SIX
    ]
    return {
        "cause": BY_NAME.get(found["cause"]),
        "name": found["cause"],
        "strength": found["strength"],
        "rule": rule,
        "features": features,
        "decisive": [line for line in lines if line["decisive"]],
        "lines": [line for line in lines if not line["decisive"]],
        "method": naming.method,
    }
