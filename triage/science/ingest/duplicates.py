"""Names that are used twice: the later rows are refused, whichever part they lie in."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.record.records import Refusal
from triage.science.store.store import RunFolder


def later_rows(folder: RunFolder) -> list[Refusal]:
    """A refusal for every row whose sample_id an earlier row has."""
    parts = folder.sample_parts()
    db = duckdb.connect(":memory:")
    if not folder.root.is_local:
        db.register_filesystem(folder.root.fs)
        parts = [folder.root.fs.unstrip_protocol(part) for part in parts]
    # Hashes first: a set of a million 8-byte numbers instead of a million names.
    later = db.execute(
        "WITH named AS (SELECT sample_id, row FROM read_parquet($names)), "
        "twice AS (SELECT hash(sample_id) AS h FROM named GROUP BY 1 HAVING count(*) > 1) "
        "SELECT row, sample_id, first FROM (SELECT row, sample_id, "
        "min(row) OVER (PARTITION BY sample_id) AS first FROM named "
        "WHERE hash(sample_id) IN (FROM twice)) WHERE row > first ORDER BY row",
        {"names": parts},
    ).fetchall()
    return [
        Refusal(row, "sample_id", f"'{sample_id[:80]}' is already used in row {first}")
        for row, sample_id, first in later
    ]


def rewrite_without(folder: RunFolder, rows: set[int]) -> int:
    """Write the samples anew without these rows; how many are left."""
    dropped = pa.array(sorted(rows), pa.int64())
    samples = 0
    for number, part in enumerate(folder.sample_parts()):
        table = folder.read_table("samples", part.rsplit("/", 1)[1])
        table = table.filter(pc.invert(pc.is_in(table["row"], dropped)))
        positions = np.arange(samples, samples + table.num_rows)
        place = table.schema.get_field_index("position")
        table = table.set_column(place, "position", pa.array(positions, pa.int64()))
        folder.write_table(table, "samples", f"part-{number:05d}.parquet")
        samples += table.num_rows
    return samples
