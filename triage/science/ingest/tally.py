"""What a run comes to: errors, what was read, accuracy by every rule, where judge and rule differ.

Counted over the samples as they are written, so that a page and a file say the same.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.reading.folding import quantity
from triage.science.reading.reading import STATES as WORDS
from triage.science.reading.reading import State
from triage.science.record.records import Refusal
from triage.science.record.scoring import ERROR_BELOW, RULES, propose_rule, score
from triage.science.words import gettext_noop as _

# Rows over which every rule is tried; a larger run says that it was the first of them.
ROWS_TRIED = 50_000
PAIRS = 5
# An error rate above this, or a rule that contradicts the judge more often, wants a person's word.
SUSPICIOUS_ERROR_RATE = 0.95
SUSPICIOUS_DISAGREEMENT = 0.05
# In fewer samples than this a rate says nothing.
FEWEST = 20


@dataclass(frozen=True)
class Pair:
    """One sample that two verdicts differ on, or one error: to be looked at."""

    sample_id: str
    prediction: str
    answered: str
    references: tuple[str, ...]
    judged: float | None = None
    credit: float | None = None

    def __str__(self) -> str:
        references = " | ".join(self.references[:3])
        said = f" (read: {self.answered})" if self.answered != self.prediction else ""
        verdicts = "" if self.judged is None else f" · judge {self.judged:g}, rule {self.credit:g}"
        return f"{self.sample_id}: “{_cut(self.prediction)}”{said} — {_cut(references)}{verdicts}"


@dataclass(frozen=True)
class RuleTrial:
    """One rule over the rows that have what it needs.

    `agrees`: the share of judged rows in which rule and judge say the same; None without a judge.
    """

    rule: str
    rows: int
    accuracy: float
    agrees: float | None = None
    differs: int = 0
    pairs: tuple[Pair, ...] = ()

    @property
    def title(self) -> str:
        """The rule's name for people."""
        return RULES[self.rule].title


@dataclass
class Tally:
    """Counts over the samples of a run."""

    samples: int = 0
    errors: int = 0
    splits: dict[str, int] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    borders: Counter[str] = field(default_factory=Counter)
    groups: int = 0
    groups_right: int = 0
    tried: pa.Table | None = None
    first_errors: list[Pair] = field(default_factory=list)

    @property
    def share_read(self) -> float | None:
        """Of the samples, how many an answer could be read of; None without samples."""
        return self.states.get("answered", 0) / self.samples if self.samples else None

    @property
    def unanswered(self) -> list[tuple[str, int]]:
        """How many samples have no answer that could be read, by state in words."""
        others = (state for state in STATES if state != "answered" and self.states.get(state))
        return [(WORDS[state], self.states[state]) for state in others]

    def to_dict(self) -> dict[str, Any]:
        """What a run remembers of it."""
        return {
            "read": {state: self.states.get(state, 0) for state in STATES},
            "borders": dict(self.borders),
            "groups": self.groups,
            "groups_right": self.groups_right,
        }


_QUOTED = re.compile(r"'[^']*'|“[^”]*”|\[[^\]]*\]")
_DIGITS = re.compile(r"\d[\d.,]*")
# What to do about a kind of refusal, by words of it.
_CURES = (
    ("sample_id: … is already used", _("Map sample_id to several columns: sample_id=id+question")),
    ("answers: is missing", _("Map answers to the column of right answers, or score as given")),
    ("correct: is missing", _("Choose a scoring rule that needs no verdict of the file")),
    ("split: is", _("Leave split out: --map split=")),
    ("is a list of", _("Map the field to one entry of the list: field=column[0]")),
    ("is not valid JSON", _("Mend the line, or write the file anew")),
    ("cells, the header has", _("A cell holds the separator: put it in quotes")),
    ("boxes:", _("Leave boxes out, or give them as [x0, y0, x1, y1] of the upright picture")),
)
STATES: tuple[State, ...] = ("answered", "no_answer", "failed_call", "not_readable")
_TRIED = ["sample_id", "prediction", "answered", "answers", "options", "correct"]


def tally(parts: Iterable[pa.Table]) -> Tally:
    """Count over the parts of a run's samples."""
    found = Tally()
    tried: list[pa.Table] = []
    rows_tried = 0
    right_of: dict[str, bool] = {}
    for part in parts:
        wrong = np.asarray(part["is_error"])
        found.samples += part.num_rows
        found.errors += int(wrong.sum())
        for entry in pc.value_counts(part["split"].combine_chunks()).to_pylist():
            name = entry["values"]
            found.splits[name] = found.splits.get(name, 0) + entry["counts"]
        for name, counter in (("answer_state", found.states), ("near_border", found.borders)):
            counts = pc.value_counts(part[name].drop_null().combine_chunks())
            counter.update({each["values"]: each["counts"] for each in counts.to_pylist()})
        if part["group"].null_count < part.num_rows:
            for group, is_wrong in zip(part["group"].to_pylist(), wrong.tolist(), strict=True):
                if group is not None:
                    right_of[group] = right_of.get(group, True) and not is_wrong
        if rows_tried < ROWS_TRIED:
            head = part.select(_TRIED).slice(0, ROWS_TRIED - rows_tried)
            tried.append(head)
            rows_tried += head.num_rows
        if len(found.first_errors) < PAIRS:
            rows = part.select(_TRIED).filter(part["is_error"]).slice(0, PAIRS).to_pylist()
            found.first_errors += [_pair(row) for row in rows][: PAIRS - len(found.first_errors)]
    found.groups, found.groups_right = len(right_of), sum(right_of.values())
    found.tried = pa.concat_tables(tried) if tried else None
    return found


def trials(table: pa.Table | None) -> list[RuleTrial]:
    """Every rule over the rows that have what it needs, the likeliest first.

    A rule is left out where it cannot mean anything: votes without about ten references, options
    where there are none, yes and no where references say something else.
    """
    if table is None or not table.num_rows:
        return []
    judged = np.asarray(pc.is_valid(table["correct"]))
    known = np.asarray(pc.is_valid(table["answers"]))
    found = []
    if judged.any():
        accuracy = float(np.mean(_numbers(table["correct"].filter(pa.array(judged)))))
        found.append(RuleTrial("given", int(judged.sum()), accuracy, 1.0))
    if not known.any():
        return found
    rows = table.filter(pa.array(known))
    said = judged[known]
    verdicts = _numbers(rows["correct"])
    for name in _fitting(rows):
        credit = score(rows, name)
        agrees: float | None = None
        differs, pairs = 0, tuple[Pair, ...]()
        if said.any():
            other = said & ((credit >= ERROR_BELOW) != (verdicts >= ERROR_BELOW))
            differs = int(other.sum())
            agrees = 1 - differs / int(said.sum())
            pairs = _pairs(rows, credit, verdicts, other)
        found.append(RuleTrial(name, len(credit), float(np.mean(credit)), agrees, differs, pairs))
    return found


def best_without_judge(table: pa.Table | None) -> str | None:
    """The rule that would be taken if the file held no verdict; None without references."""
    if table is None or table["answers"].null_count == table.num_rows:
        return None
    rows = table.filter(pc.is_valid(table["answers"])).slice(0, 200).to_pylist()
    proposed = propose_rule([{**row, "correct": None} for row in rows])
    return None if proposed == "given" else proposed


def reasons(refusals: Iterable[Refusal]) -> list[dict[str, Any]]:
    """Refusals by field and reason, most frequent first: {field, reason, count, example, cure}."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Refusal] = {}
    for each in refusals:
        key = (each.field, _kind_of(each.reason))
        counts[key] += 1
        first.setdefault(key, each)
    return [
        {
            "field": name,
            "reason": reason,
            "count": count,
            "example": str(first[name, reason]),
            "cure": _cure(name, reason),
        }
        for (name, reason), count in counts.most_common()
    ]


def _kind_of(reason: str) -> str:
    """A reason without what differs from row to row."""
    plain = _QUOTED.sub("…", reason)
    return _DIGITS.sub("n", plain)


def _cure(name: str, reason: str) -> str:
    for start, cure in _CURES:
        if start in f"{name}: {reason}":
            return cure
    return ""


def _fitting(rows: pa.Table) -> list[str]:
    sample = rows.slice(0, 200).to_pylist()
    proposed = propose_rule([{**row, "correct": None} for row in sample])
    with_options = rows["options"].null_count < rows.num_rows
    counts = _numbers(pc.list_value_length(rows["answers"]))
    fits = {
        "choice": with_options or proposed == "choice",
        "yes_no": proposed == "yes_no",
        "exact": not with_options,
        "any_of": not with_options,
        "vqa": bool(np.median(counts) >= 3),
        "numeric": _mostly_numbers(sample),
        "relaxed": _mostly_numbers(sample),
        "anls": not with_options and proposed in ("exact", "any_of", "vqa"),
    }
    names = [name for name in RULES if fits.get(name)]
    return sorted(names, key=lambda name: name != proposed)


def _mostly_numbers(sample: list[dict[str, Any]]) -> bool:
    firsts = [row["answers"][0] for row in sample if row["answers"]]
    return sum(quantity(each) is not None for each in firsts) > 0.8 * len(firsts)


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _pairs(
    rows: pa.Table, credit: np.ndarray, verdicts: np.ndarray, other: np.ndarray
) -> tuple[Pair, ...]:
    chosen = np.flatnonzero(other)[:PAIRS]
    listed = rows.take(pa.array(chosen)).to_pylist()
    return tuple(
        _pair(row, float(verdicts[at]), float(credit[at]))
        for row, at in zip(listed, chosen, strict=True)
    )


def _pair(row: Mapping[str, Any], judged: float | None = None, credit: float | None = None) -> Pair:
    answered = row["prediction"] if row["answered"] is None else row["answered"]
    references = tuple(row["answers"] or ())
    return Pair(row["sample_id"], row["prediction"], answered, references, judged, credit)


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 80 else f"…{plain[-79:]}"
