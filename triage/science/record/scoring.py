"""Scoring a run's rows: what was read of each prediction, and its credit by a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.reading.choices import is_letters
from triage.science.reading.folding import number_of, quantity
from triage.science.reading.reading import Kind, Reading, read
from triage.science.reading.yes_no import is_yes_no
from triage.science.record.rules import RULES, Question, ScoringRule, border, right_options
from triage.science.record.vqa_text import normalise, vqa_credit

__all__ = [
    "ERROR_BELOW", "RULES", "CannotScore", "Scored", "ScoringRule", "missing_input", "normalise",
    "propose_rule", "score", "scored", "vqa_credit",
]  # fmt: skip

# An error sample is one with less credit than this.
ERROR_BELOW = 0.5
# Fewer references than this are synonyms, not people's votes.
FEWEST_VOTES = 8
# Between rows of a key, between references, between fields: no text holds them.
_FIELD, _ENTRY = "\x1e", "\x1f"


class CannotScore(ValueError):
    """The run's rows lack what the rule needs."""


@dataclass(frozen=True)
class Scored:
    """What was read of n predictions, and their credit.

    `credit` (n) float32 in 0..1; `table`: the columns of READ_SCHEMA, as the record has them.
    """

    credit: np.ndarray
    table: pa.Table


READ_SCHEMA = pa.schema(
    [
        ("answered", pa.string()),
        ("answer_state", pa.string()),
        ("steps", pa.list_(pa.string())),
        ("chosen_option", pa.int16()),
        ("right_option", pa.int16()),
        ("near_border", pa.string()),
    ]
)


def missing_input(table: pa.Table, rule: str) -> np.ndarray:
    """Mask of the rows that lack what the rule needs."""
    return np.asarray(pc.is_null(table.column(RULES[rule].needs)))


def score(table: pa.Table, rule: str) -> np.ndarray:
    """Credits in 0..1, float32, one a row; every row must hold what the rule needs.

    `table` has `prediction`, `answers` and, where the rows have them, `options` and `correct`.
    """
    return scored(table, rule).credit


def scored(table: pa.Table, rule: str) -> Scored:
    """Read every prediction and score it by `rule`.

    Each distinct (prediction, answers, options) is read once: runs repeat few of them very often.
    Raises CannotScore for an unknown rule, and where rows lack what it needs.
    """
    if rule not in RULES:
        raise CannotScore(f"'{rule}' is no scoring rule (known: {', '.join(RULES)})")
    if missing_input(table, rule).any():
        raise CannotScore(f"the rule '{rule}' needs the field '{RULES[rule].needs}' in every row")
    chosen = RULES[rule]
    keys = _keys(table)
    questions = [_question(key) for key in keys.dictionary.to_pylist()]
    base = _base([question for _written, question in questions])
    words = _are_yes_no_of([question for _written, question in questions])
    rows = [
        _one(written, question, chosen, _kind_of(question, chosen, words), base)
        for written, question in questions
    ]
    index = keys.indices.to_numpy()
    names = READ_SCHEMA.names
    columns = {name: [row[name] for row in rows] for name in names}
    found = pa.table(columns, schema=READ_SCHEMA).take(pa.array(index))
    if chosen.credit is None:
        credit = np.asarray(table.column("correct").to_numpy(), dtype=np.float32)
    else:
        credit = np.asarray([row["credit"] for row in rows], dtype=np.float32)[index]
    return Scored(credit, _without_borders_of_right_answers(found, credit))


def propose_rule(rows: Sequence[Mapping[str, Any]]) -> str:
    """The likeliest rule for rows of the record (dicts with 'answers', 'correct', 'options').

    A verdict that the file itself holds wins; then what the references look like.
    """
    if rows and all(row.get("correct") is not None for row in rows):
        return "given"
    answers = [a for row in rows if isinstance(a := row.get("answers"), list) and a]
    if not answers:
        return "given"
    flat = [str(each).strip() for found in answers for each in found]
    with_options = sum(len(row.get("options") or ()) > 1 for row in rows)
    if with_options > len(rows) / 2:
        return "choice"
    if _are_yes_no(flat, [str(row.get("prediction") or "") for row in rows]):
        return "yes_no"
    votes = sum(len(found) >= FEWEST_VOTES and len(set(found)) < len(found) for found in answers)
    if votes > len(answers) / 2:
        return "vqa"
    if sum(map(is_letters, flat)) > 0.95 * len(flat):
        return "choice"
    return "any_of" if any(len(found) > 1 for found in answers) else "exact"


def _are_yes_no(references: Sequence[str], predictions: Sequence[str]) -> bool:
    """Whether all references are yes or no; digits are, where predictions begin with the words."""
    if not all(is_yes_no(each) for each in references):
        return False
    if not all(each in ("0", "1") for each in references):
        return True
    words = sum(each.strip().lower().startswith(("yes", "no", "是", "否")) for each in predictions)
    return words > len(predictions) / 2


def _keys(table: pa.Table) -> pa.DictionaryArray:
    """What each row is scored by, as one text a row; dictionary-encoded."""
    parts = [pc.fill_null(table.column("prediction"), "")]
    for name in ("answers", "options"):
        if name in table.column_names and table.column(name).null_count < table.num_rows:
            column = table.column(name).combine_chunks()
            if isinstance(column, pa.ChunkedArray):
                column = pa.concat_arrays(column.chunks)
            # An absent option is an empty one: the letters of those behind it stay theirs.
            filled = pa.ListArray.from_arrays(
                column.offsets, pc.fill_null(column.values, ""), mask=column.is_null()
            )
            parts.append(pc.fill_null(pc.binary_join(filled, _ENTRY), ""))
        else:
            parts.append(pa.scalar(""))
    joined = pc.binary_join_element_wise(*parts, _FIELD)
    whole = joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], pa.string())
    return whole.dictionary_encode()


def _question(key: str) -> tuple[str, Question]:
    """A prediction and what it is held against, from its key."""
    written, references, options = key.rsplit(_FIELD, 2)
    return written, Question(
        tuple(references.split(_ENTRY)) if references else (),
        tuple(options.split(_ENTRY)) if options else (),
    )


def _base(questions: Sequence[Question]) -> int:
    """What the first option is called where references are numbers: 0, or 1."""
    highest = False
    for question in questions:
        for each in question.references if question.options else ():
            number = number_of(each) if each[:1].isdigit() else None
            if number == 0:
                return 0
            highest = highest or number == len(question.options)
    return int(highest)


def _are_yes_no_of(questions: Sequence[Question]) -> bool:
    """Whether all references are yes or no."""
    references = [each for question in questions[:200] for each in question.references]
    return bool(references) and all(map(is_yes_no, references))


def _kind_of(question: Question, rule: ScoringRule, yes_no: bool) -> Kind:
    """How a prediction is read: as its rule asks, or as its own question looks.

    A set of multiple-choice questions has some without options, and a file that holds its own
    verdicts has questions of any kind.
    """
    if rule.credit is not None and (rule.kind != "choice" or question.options):
        return rule.kind
    if question.options:
        return "choice"
    if yes_no and rule.credit is None:
        return "yes_no"
    if question.references and all(map(is_letters, question.references)):
        return "choice"
    if question.references and all(quantity(each) is not None for each in question.references):
        return "number"
    return "text"


def _one(
    written: str, question: Question, rule: ScoringRule, kind: Kind, base: int
) -> dict[str, Any]:
    """One distinct prediction: what was read of it, its credit, and how near the border it is."""
    right = right_options(question.references, question.options, base) if question.options else ()
    if question.options and not right:
        # The reference names none of them: it is held against as a text.
        question = Question(question.references)
    else:
        question = Question(question.references, question.options, right)
    reading = read(written, kind, question.options)
    credit = rule.credit(written, reading, question) if rule.credit else 0.0
    return {
        "credit": credit,
        "answered": _short(reading),
        "answer_state": reading.state,
        "steps": [step.name for step in reading.steps] or None,
        "chosen_option": reading.option,
        "right_option": right[0] if right else None,
        "near_border": border(credit, reading, question) if credit < ERROR_BELOW else None,
    }


def _short(reading: Reading) -> str | None:
    """The text that was scored; None where it is the prediction as it stands."""
    return reading.answer if reading.steps else None


def _without_borders_of_right_answers(found: pa.Table, credit: np.ndarray) -> pa.Table:
    """A file's own verdict may call right what no rule would."""
    wrong = pa.array(credit < ERROR_BELOW)
    place = found.schema.get_field_index("near_border")
    nothing = pa.scalar(None, pa.string())
    return found.set_column(
        place, "near_border", pc.if_else(wrong, found.column("near_border"), nothing)
    )
