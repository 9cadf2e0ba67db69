"""From verdicts to a training set: which samples are kept, dropped or corrected, and their weight.

The default recipe, and why:

- `mismatch`: dropped. Image and text do not belong together; no answer would be right.
- `wrong_answer` with a corrected answer: corrected, with full weight. Without one: dropped, as the
  answer is known to be wrong and the right one is not known.
- `ambiguous`: kept at half weight. The answer is right, but it is not the only right one.
- `unusable`: kept. It says that the annotator saw no usable image (runs are often imported without
  theirs), not that the sample is wrong; dropping it would remove samples for a fault of the import.
- `match`, `unsure` and samples nobody looked at: kept.

A sample repaired in the cleaning queue becomes what was decided there, unless an audit judged it:
a verdict of an audit wins.

A weight set for a kind holds for its kept and corrected samples; a dropped sample weighs 0.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

KINDS = ("match", "mismatch", "wrong_answer", "ambiguous", "unsure", "unusable")
KEPT, DROPPED, CORRECTED = "kept", "dropped", "corrected"
DECISIONS = (KEPT, DROPPED, CORRECTED)
UNREVIEWED = "unreviewed"
# What a person decided in the cleaning queue; the recipe does not change it.
REPAIRS = {
    "repair_keep": (KEPT, 1.0, "repair: kept in the cleaning queue"),
    "repair_drop": (DROPPED, 0.0, "repair: dropped in the cleaning queue"),
    "repair_correct": (CORRECTED, 1.0, "repair: corrected in the cleaning queue"),
}

# What `decide` adds to a table of samples.
DECISION_FIELDS = [
    pa.field("decision", pa.string(), nullable=False),
    pa.field("weight", pa.float64(), nullable=False),
    pa.field("verdict", pa.string(), nullable=False),
    pa.field("corrected_answer", pa.string()),
    pa.field("why", pa.string(), nullable=False),
]


@dataclass(frozen=True)
class Judgement:
    """The final verdict (or repair) of one sample, with its corrected answer if there is one."""

    kind: str
    corrected_answer: str = ""


@dataclass(frozen=True)
class Recipe:
    """What becomes of a sample by its verdict.

    A kind in `correct` is corrected where a corrected answer exists and falls back to `drop` where
    none does; a kind in `drop` is dropped; all else is kept. `weights` are 1 where not given.
    Raises ValueError for an unknown kind and for a weight that is negative or not finite.
    """

    drop: frozenset[str] = frozenset({"mismatch", "wrong_answer"})
    correct: frozenset[str] = frozenset({"wrong_answer"})
    weights: Mapping[str, float] = field(default_factory=lambda: {"ambiguous": 0.5})

    def __post_init__(self) -> None:
        known = {*KINDS, UNREVIEWED}
        if unknown := (set(self.drop) | set(self.correct) | set(self.weights)) - known:
            raise ValueError(f"the recipe names unknown verdicts: {', '.join(sorted(unknown))}")
        if impossible := set(self.correct) - {"wrong_answer"}:
            raise ValueError(f"only wrong_answer can be corrected: {', '.join(sorted(impossible))}")
        for kind, weight in self.weights.items():
            if not (math.isfinite(weight) and weight >= 0):
                raise ValueError(f"the weight of {kind} must be a number from 0, not {weight}")

    def as_dict(self) -> dict[str, Any]:
        """The recipe as it goes into a manifest."""
        return {
            "drop": sorted(self.drop),
            "correct": sorted(self.correct),
            "weights": {kind: float(self.weights[kind]) for kind in sorted(self.weights)},
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Recipe":
        """Read back what `as_dict` wrote; absent parts take their default."""
        default = cls()
        return cls(
            drop=frozenset(stored.get("drop", default.drop)),
            correct=frozenset(stored.get("correct", default.correct)),
            weights=dict(stored.get("weights", default.weights)),
        )

    def outcome(self, kind: str, corrected_answer: str = "") -> tuple[str, float, str]:
        """Decision, weight and why, for one verdict (or `unreviewed`, or a repair)."""
        if kind in REPAIRS:
            return REPAIRS[kind]
        weight = float(self.weights.get(kind, 1.0))
        if kind in self.correct and corrected_answer:
            return CORRECTED, weight, f"{kind}: the corrected answer takes the place of the old one"
        if kind in self.drop:
            reason = "no corrected answer was given" if kind in self.correct else "by the recipe"
            return DROPPED, 0.0, f"{kind}: dropped, {reason}"
        suffix = "" if weight == 1.0 else f" at weight {weight:g}"
        return KEPT, weight, f"{kind}: kept{suffix}"


@dataclass(frozen=True)
class Counts:
    """How many samples went where."""

    kept: int
    dropped: int
    corrected: int

    @property
    def total(self) -> int:
        """All samples."""
        return self.kept + self.dropped + self.corrected


def decided_schema(samples: pa.Schema) -> pa.Schema:
    """The schema of `decide`'s result. Raises ValueError for samples without `sample_id`."""
    if "sample_id" not in samples.names:
        raise ValueError("samples need a sample_id column")
    ours = {field.name for field in DECISION_FIELDS}
    kept = [column for column in samples if column.name not in ours]
    return pa.schema([*kept, *DECISION_FIELDS])


def decide(
    samples: pa.Table, verdicts: Mapping[str, Judgement], recipe: Recipe | None = None
) -> pa.Table:
    """Add decision, weight, verdict, corrected_answer and why to every sample, in order.

    Pure: one row in, one row out, so a run can be decided batch by batch. A column of the samples
    with one of those names gives way. Raises ValueError for an unknown verdict or no `sample_id`.
    """
    recipe = recipe or Recipe()
    schema = decided_schema(samples.schema)
    rows = _outcomes(verdicts, recipe)
    where = pc.index_in(samples["sample_id"], value_set=pa.array(list(verdicts), pa.string()))
    # The row after the last verdict is what becomes of a sample nobody looked at.
    where = pc.fill_null(where.cast(pa.int64()), len(verdicts))
    added = rows.take(where)
    columns = [
        added[name] if name in added.column_names else samples[name] for name in schema.names
    ]
    return pa.table(columns, schema=schema)


def count(decided: pa.Table | pa.RecordBatch) -> Counts:
    """How many rows were kept, dropped and corrected."""
    found = {
        row["values"]: row["counts"] for row in pc.value_counts(decided["decision"]).to_pylist()
    }
    return Counts(*(int(found.get(decision, 0)) for decision in DECISIONS))


def _outcomes(verdicts: Mapping[str, Judgement], recipe: Recipe) -> pa.Table:
    judgements = list(verdicts.values())
    if unknown := {judgement.kind for judgement in judgements} - {*KINDS, *REPAIRS}:
        raise ValueError(f"unknown verdicts: {', '.join(sorted(unknown))}")
    judgements.append(Judgement(UNREVIEWED))
    outcomes = [recipe.outcome(row.kind, row.corrected_answer) for row in judgements]
    return pa.table(
        {
            "decision": [decision for decision, _, _ in outcomes],
            "weight": [weight for _, weight, _ in outcomes],
            "verdict": [row.kind for row in judgements],
            "corrected_answer": [row.corrected_answer or None for row in judgements],
            "why": [why for _, _, why in outcomes],
        },
        schema=pa.schema(DECISION_FIELDS),
    )
