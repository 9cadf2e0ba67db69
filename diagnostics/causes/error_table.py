"""Every error sample of a diagnosis in one table: its cause, the features, the evidence."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from diagnostics.causes.naming import read_causes, read_evidence
from diagnostics.models import Diagnosis
from triage.models import Run
from triage.science.record.csv_cells import guarded_table

FORMATS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_CHUNK = 1 << 20


class NotDiagnosed(ValueError):
    """The run has no diagnosis to read; the message is for the person who asked."""


def error_table(run: Run) -> pa.Table:
    """One row an error sample of the newest diagnosis, in the order of the file.

    position, sample_id, evaluated, cause, strength, rule, the features that the analysis stored,
    and every column of evidence; null where the record does not say. Raises NotDiagnosed.
    """
    diagnosis = Diagnosis.latest_of(run)
    naming = diagnosis.naming() if diagnosis is not None else None
    if diagnosis is None or naming is None:
        raise NotDiagnosed(_("The run was not diagnosed yet."))
    evidence, causes = read_evidence(diagnosis), read_causes(naming)
    folder = run.folder
    known = pa.concat_tables(folder.read_samples(["position", "sample_id"]))
    place = pc.index_in(evidence["position"], value_set=known["position"].combine_chunks())
    columns: dict[str, Any] = {
        "position": evidence["position"],
        "sample_id": pc.take(known["sample_id"], place),
        "evaluated": evidence["evaluated"],
        "cause": causes["cause"].cast(pa.string()),
        "strength": causes["strength"],
        "rule": causes["rule"].cast(pa.string()),
    }
    columns |= {n: evidence[n] for n in evidence.column_names if n not in columns}
    if folder.has("features.parquet"):
        features = folder.read_table("features.parquet")
        at = pc.index_in(evidence["position"], value_set=features["position"].combine_chunks())
        for name in features.column_names:
            if name not in columns:
                columns[name] = pc.take(features[name], at)
    return pa.table(columns).sort_by("position")


def write_error_table(run: Run, to: Path) -> int:
    """Write the table; the ending, .csv or .parquet, says how. The number of rows.

    Raises NotDiagnosed, and ValueError for another ending.
    """
    form = to.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise ValueError(_("The file’s name must end in .csv or .parquet."))
    table = error_table(run)
    if form == "csv":
        pcsv.write_csv(guarded_table(table), to)
    else:
        pq.write_table(table, to, compression="zstd")
    return table.num_rows


def streamed(run: Run, form: str) -> Iterator[bytes]:
    """The same as the bytes of a file. Raises NotDiagnosed at once."""
    spool = tempfile.TemporaryDirectory(prefix="alignment-triage-")
    path = Path(spool.name) / f"errors.{form}"
    write_error_table(run, path)

    def parts() -> Iterator[bytes]:
        with spool, path.open("rb") as stream:
            while part := stream.read(_CHUNK):
                yield part

    return parts()
