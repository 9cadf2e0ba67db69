"""A run's samples read and scored anew: the same samples at the same positions, judged again.

The new version is written whole into a folder of its own, beside the one that is read meanwhile;
whoever keeps the run decides when it counts.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from triage.science.ingest.tally import RuleTrial, Tally, best_without_judge, tally, trials
from triage.science.progress import Progress
from triage.science.record.records import SCHEMA
from triage.science.record.scoring import ERROR_BELOW, RULES, missing_input, scored
from triage.science.store.store import RunFolder
from triage.science.words import Refused, Sentence
from triage.science.words import gettext_noop as _

# Samples named one by one for each direction of a change; beyond that only their number is kept.
MOST_POSITIONS = 1_000


class CannotRescore(Refused):
    """The samples cannot be scored by that rule; the message says why."""


@dataclass
class Change:
    """Samples that are errors in one version and not in the other: how many, the first of them."""

    count: int = 0
    positions: list[int] = field(default_factory=list)

    def add(self, positions: np.ndarray) -> None:
        """More of them, in the order of their positions."""
        self.count += len(positions)
        self.positions += positions[: MOST_POSITIONS - len(self.positions)].tolist()


@dataclass(frozen=True)
class Rescored:
    """A new version of a run's samples, and what it changed against the one that was read.

    `folder` reads the new version; `gone` and `new` are errors; `rules` as an import tells them.
    """

    folder: RunFolder
    rule: str
    accuracy: float
    was_errors: int
    was_accuracy: float
    gone: Change
    new: Change
    counts: Tally
    rules: tuple[RuleTrial, ...]
    judge_agreement: float | None

    @property
    def errors(self) -> int:
        """Error samples by the new version."""
        return self.counts.errors

    def outcome(self) -> dict[str, Any]:
        """What a run remembers of its scoring, as an import writes it."""
        return {
            **self.counts.to_dict(),
            "rules": {each.rule: round(each.accuracy, 6) for each in self.rules},
            "differing": [
                {
                    "rule": each.rule,
                    "agrees": each.agrees,
                    "differs": each.differs,
                    "pairs": [str(pair) for pair in each.pairs],
                }
                for each in self.rules
                if each.differs
            ],
            "judge_agreement": self.judge_agreement,
        }


@dataclass
class _Writing:
    """State of one scoring while the parts go by."""

    old: RunFolder
    new: RunFolder
    rule: str
    samples: int
    progress: Progress
    gone: Change = field(default_factory=Change)
    came: Change = field(default_factory=Change)
    done: int = 0
    was_errors: int = 0
    credit: float = 0.0
    was_credit: float = 0.0


def rescore(
    folder: RunFolder,
    rule: str,
    *,
    number: int,
    progress: Progress = lambda share, step: None,
) -> Rescored:
    """Read every sample of `folder` anew and score it by `rule`, as version `number`.

    The old samples stay as they are. Raises CannotRescore for an unknown rule and where samples
    lack what it needs; then, as after any other fault, nothing of the new version is left.
    """
    samples = check(folder, rule)
    new = folder.at(f"samples-v{number}-{uuid.uuid4().hex[:8]}")
    writing = _Writing(folder, new, rule, samples, progress)
    try:
        counts = tally(_rewritten(writing))
        progress(0.92, _("Trying the other rules"))
        tried = tuple(trials(counts.tried))
        plain = best_without_judge(counts.tried)
    except BaseException:
        new.delete_samples()
        raise
    return Rescored(
        folder=new,
        rule=rule,
        accuracy=writing.credit / samples if samples else 0.0,
        was_errors=writing.was_errors,
        was_accuracy=writing.was_credit / samples if samples else 0.0,
        gone=writing.gone,
        new=writing.came,
        counts=counts,
        rules=tried,
        judge_agreement=next((each.agrees for each in tried if each.rule == plain), None),
    )


def check(folder: RunFolder, rule: str) -> int:
    """How many samples there are to score by `rule`.

    Raises CannotRescore for a rule that does not exist or lacks its field.
    """
    if rule not in RULES:
        known = ", ".join(RULES)
        raise CannotRescore(
            _("There is no scoring rule “{rule}” (known: {known})"), rule=rule, known=known
        )
    needs = RULES[rule].needs
    present = needs in folder.sample_columns()
    samples = lacking = 0
    for part in folder.read_samples([needs if present else "position"]):
        samples += part.num_rows
        lacking += int(missing_input(part, rule).sum()) if present else part.num_rows
    if lacking:
        raise CannotRescore(
            _("The rule “{rule}” needs “{needs}”, which {lacking} of {samples} samples lack"),
            rule=rule,
            needs=needs,
            lacking=lacking,
            samples=samples,
        )
    return samples


def _rewritten(writing: _Writing) -> Iterator[pa.Table]:
    """Each part with its new columns, once it is written."""
    for path in writing.old.sample_parts():
        name = path.rsplit("/", 1)[1]
        old = writing.old.read_table(writing.old.samples_at, name)
        new = _part(old, writing.rule)
        _compare(writing, old, new)
        writing.new.write_table(new, writing.new.samples_at, name)
        writing.done += new.num_rows
        share = 0.9 * writing.done / max(writing.samples, 1)
        words = Sentence(_("{n} of {of} samples scored"), n=writing.done, of=writing.samples)
        writing.progress(share, words)
        yield new


def _part(old: pa.Table, rule: str) -> pa.Table:
    """The part with what is read and scored now; fields that it never had are empty."""
    read = scored(old, rule)
    computed = {
        "credit": pa.array(read.credit, pa.float32()),
        "is_error": pa.array(read.credit < ERROR_BELOW),
        **{name: read.table.column(name) for name in read.table.column_names},
    }
    columns = []
    for each in SCHEMA:
        if each.name in computed:
            columns.append(computed[each.name])
        elif each.name in old.column_names:
            columns.append(old.column(each.name))
        else:
            columns.append(pa.nulls(old.num_rows, each.type))
    return pa.table(columns, names=SCHEMA.names).cast(SCHEMA)


def _compare(writing: _Writing, old: pa.Table, new: pa.Table) -> None:
    positions = old["position"].to_numpy()
    before, after = np.asarray(old["is_error"]), np.asarray(new["is_error"])
    writing.gone.add(positions[before & ~after])
    writing.came.add(positions[~before & after])
    writing.was_errors += int(before.sum())
    writing.credit += float(new["credit"].to_numpy().sum(dtype=np.float64))
    writing.was_credit += float(old["credit"].to_numpy().sum(dtype=np.float64))
