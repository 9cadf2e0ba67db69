"""Naming the errors of a diagnosis: by the rules, or by the classifier where it is better.

The evidence is stored with the diagnosis, so that errors are named anew in a moment when a lead
changes a threshold.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext as _

from diagnostics.causes.confirmed import chosen_method
from diagnostics.models import Diagnosis, Naming, RuleBook
from diagnostics.science.causes.affected import affected
from diagnostics.science.causes.catalogue import BY_NAME, CAUSES
from diagnostics.science.causes.evidence import NAMES, SIX, Evidence, evidence_of
from diagnostics.science.causes.rules import DEFAULTS, THRESHOLDS, Named
from diagnostics.science.measures import documents
from diagnostics.science.measures.samples import Samples


class RulesRefused(ValueError):
    """Thresholds that make no sense; the message is for the lead who set them."""


def thresholds_of(book: RuleBook | None) -> dict[str, float]:
    """Every threshold by its name: the defaults, and what the project set otherwise."""
    own = book.thresholds if book is not None else {}
    return {name: float(own.get(name, value)) for name, value in DEFAULTS.items()}


def ease_of(book: RuleBook | None) -> dict[str, float]:
    """How easily each cause is mended, 0..1."""
    own = book.ease if book is not None else {}
    return {cause.name: float(own.get(cause.name, cause.ease)) for cause in CAUSES}


def new_rules(
    project: Any,
    *,
    thresholds: Mapping[str, float],
    ease: Mapping[str, float],
    reasons: Mapping[str, str],
    note: str = "",
    user: Any = None,
) -> RuleBook:
    """A next version of a project's rules. Raises RulesRefused where a number is out of range."""
    known = {each.name: each for each in THRESHOLDS}
    kept: dict[str, float] = {}
    for name, value in thresholds.items():
        if name not in known:
            raise RulesRefused(_("There is no threshold “%(name)s”.") % {"name": name})
        low, high = known[name].low, known[name].high
        if not low <= value <= high:
            raise RulesRefused(
                _("“%(name)s” must lie between %(low)s and %(high)s.")
                % {"name": _(known[name].words), "low": low, "high": high}
            )
        if value != known[name].default:
            kept[name] = value
    for name, value in ease.items():
        if name not in BY_NAME or not 0 <= value <= 1:
            raise RulesRefused(_("An ease must lie between 0 and 1."))
    last = RuleBook.current_of(project)
    return RuleBook.objects.create(
        project=project,
        number=(last.number if last else 0) + 1,
        thresholds=kept,
        ease={n: v for n, v in ease.items() if v != BY_NAME[n].ease},
        reasons={name: text.strip()[:200] for name, text in reasons.items() if text.strip()},
        note=note.strip()[:200],
        created_by=user,
    )


def name_diagnosis(diagnosis: Diagnosis, samples: Samples, *, user: Any = None) -> Naming:
    """Store the evidence on the errors of a diagnosis, and name them."""
    evidence = evidence_of(samples)
    side = samples.evaluated()
    unknown = np.full(len(samples), np.nan)
    beside = {
        name: samples.numbers.get(name, unknown)[evidence.rows]
        for name in SIX
        if name not in evidence.columns
    }
    table = pa.table(
        {
            "position": pa.array(samples.position[evidence.rows]),
            "evaluated": pa.array(side[evidence.rows]),
            **{name: pa.array(values, from_pandas=True) for name, values in beside.items()},
            **{name: pa.array(values, from_pandas=True) for name, values in _columns(evidence)},
        }
    )
    diagnosis.run.folder.write_table(table, *diagnosis.evidence_path)
    sizes = (int(side.sum()), int((side & samples.error).sum()))
    return _store(diagnosis, table, sizes, user)


def name_anew(diagnosis: Diagnosis, *, user: Any = None) -> Naming:
    """Name the errors of a stored diagnosis by the rules of now."""
    table = diagnosis.run.folder.read_table(*diagnosis.evidence_path)
    sizes = (int(diagnosis.parameters["evaluated"]), int(diagnosis.parameters["errors"]))
    return _store(diagnosis, table, sizes, user)


def _store(
    diagnosis: Diagnosis,
    table: pa.Table,
    sizes: tuple[int, int],
    user: Any,
) -> Naming:
    book = RuleBook.current_of(diagnosis.run.project)
    columns = {name: np.asarray(table[name].to_numpy(), dtype=np.float64) for name in NAMES}
    evidence = Evidence(np.arange(table.num_rows), columns)
    positions = table["position"].to_numpy()
    method, named, comparison = chosen_method(
        diagnosis.run, positions, evidence, thresholds_of(book)
    )
    found = affected(positions, table["evaluated"].to_numpy(zero_copy_only=False), named, *sizes)
    naming = Naming(
        diagnosis=diagnosis,
        rules=book,
        method=method,
        comparison=comparison,
        summary=documents.finite(
            {
                "affected": [asdict(each) for each in found],
                "evaluated": sizes[0],
                "errors": sizes[1],
            }
        ),
        created_by=user,
    )
    diagnosis.run.folder.write_table(_causes(positions, named), *naming.path)
    naming.save(force_insert=True)
    return naming


def _causes(positions: np.ndarray, named: Named) -> pa.Table:
    return pa.table(
        {
            "position": pa.array(positions),
            "cause": pa.array(named.causes.astype(str)).dictionary_encode(),
            "strength": pa.array(named.strengths),
            "rule": pa.array(named.rules.astype(str)).dictionary_encode(),
        }
    )


def _columns(evidence: Evidence) -> list[tuple[str, np.ndarray]]:
    return [(name, np.asarray(values)) for name, values in evidence.columns.items()]


def read_causes(naming: Naming) -> pa.Table:
    """position, cause, strength and rule of every error sample."""
    return naming.diagnosis.run.folder.read_table(*naming.path)


def read_evidence(diagnosis: Diagnosis, columns: list[str] | None = None) -> pa.Table:
    """position, evaluated, and every column of evidence (or `columns`), of every error sample."""
    return diagnosis.run.folder.read_table(*diagnosis.evidence_path, columns=columns)


def read_one(diagnosis: Diagnosis, naming: Naming, position: int) -> dict[str, Any] | None:
    """Cause, strength, rule, the six features and evidence of one error sample, with percentiles
    among all errors.

    None where the diagnosis has no error sample at `position`.
    """
    evidence = read_evidence(diagnosis)
    rows = np.flatnonzero(evidence["position"].to_numpy() == position)
    if not len(rows):
        return None
    row = int(rows[0])
    causes = read_causes(naming)
    known = [name for name in (*SIX, *NAMES) if name in evidence.column_names]
    values = {name: evidence[name][row].as_py() for name in known}
    return {
        **{name: causes[name][row].as_py() for name in ("cause", "strength", "rule")},
        "evidence": values,
        "percentiles": {name: _percentile(evidence[name], values[name]) for name in known},
    }


def _percentile(column: pa.ChunkedArray, value: float | None) -> float | None:
    """Share of the known values, in per cent, that are at most `value`."""
    if value is None:
        return None
    known = column.drop_null().to_numpy()
    return float(100 * (known <= value).mean())
