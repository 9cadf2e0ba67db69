"""Scoring rules: from a prediction and its reference answers to a credit in 0..1.

VQA soft accuracy follows Antol et al. 2015 as the official evaluation computes it: for each of the
n answers, min(1, matches among the other n − 1 / 3), averaged. With ten answers and k matches:
0, 0.3, 0.6, 0.9, 1. Its normalisation (punctuation, articles, number words, contractions) is always
applied, as lmms-eval, VLMEvalKit and LLaVA do; the official code skips it when all ten answers are
the same, which calls "COPENHAGEN" wrong.
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.words import gettext_noop

# An error sample is one with less credit than this.
ERROR_BELOW = 0.5

_NUMBERS = {
    name: str(value)
    for value, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
} | {"none": "0"}
_ARTICLES = {"a", "an", "the"}
_CONTRACTIONS = {
    each.replace("'", ""): each
    for each in (
        "aren't can't couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't "
        "he'd've he's how'd how'll how's I'm I've isn't it'd've it'll ma'am mightn't mightn't've "
        "might've mustn't must've needn't o'clock oughtn't shan't she'd've should've shouldn't "
        "somebody's someone's something's that'd that's there'd there're there's they'd "
        "they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're "
        "what's what've when's where'd where's where've who'd who'd've who'll who's who've why'll "
        "why're why's won't would've wouldn't wouldn't've y'all y'all'll you'd you'd've you'll "
        "you're you've"
    ).split()
}
# Spelled words that would be lost to a contraction ("shed", "well", "its") are left alone.
_PUNCTUATION = r';/[]"{}()=+\_-><@`,?!'
_PERIOD = re.compile(r"(?!<=\d)(\.)(?!\d)")
_DIGIT_COMMA = re.compile(r"(\d)(,)(\d)")
_LETTER = re.compile(
    r"^\s*(?:answer\s*(?:is)?\s*[:：]?\s*)?(?:option\s*)?[(\[]?([A-Za-z])[)\].:、]?(?:$|[\s).:\]])",
    re.IGNORECASE,
)
_YES_NO = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


class CannotScore(ValueError):
    """The run's rows lack what the rule needs."""


@dataclass(frozen=True)
class ScoringRule:
    """One way to call a prediction right or wrong."""

    name: str
    description: str
    needs: str
    credit: Callable[[str, Sequence[str]], float] | None


def normalise(answer: str) -> str:
    """The official VQA normalisation of an answer."""
    text = answer.replace("\n", " ").replace("\t", " ").strip()
    digit_comma = _DIGIT_COMMA.search(text) is not None
    stripped = text
    for mark in _PUNCTUATION:
        if mark in text:
            delete = f"{mark} " in text or f" {mark}" in text or digit_comma
            stripped = stripped.replace(mark, "" if delete else " ")
    stripped = _PERIOD.sub("", stripped)
    words = [_NUMBERS.get(word, word) for word in stripped.lower().split()]
    return " ".join(_CONTRACTIONS.get(word, word) for word in words if word not in _ARTICLES)


def vqa_credit(prediction: str, answers: Sequence[str]) -> float:
    """VQA soft accuracy; a single reference counts as unanimous."""
    wanted = normalise(prediction)
    found = [normalise(answer) for answer in answers]
    if len(found) == 1:
        return float(found[0] == wanted)
    matches = sum(answer == wanted for answer in found)
    return float(np.mean([min(1.0, (matches - (answer == wanted)) / 3) for answer in found]))


def exact_credit(prediction: str, answers: Sequence[str]) -> float:
    """1 if the prediction is one of the references, both normalised."""
    return float(normalise(prediction) in {normalise(answer) for answer in answers})


def choice_credit(prediction: str, answers: Sequence[str]) -> float:
    """1 if the chosen letter, or the whole text, is a reference ('(B)', 'B.', 'Answer: B')."""
    if exact_credit(prediction, answers):
        return 1.0
    letter = _LETTER.match(prediction)
    letters = {found.group(1).upper() for a in answers if (found := _LETTER.match(a))}
    return float(letter is not None and letter.group(1).upper() in letters)


def yes_no_credit(prediction: str, answers: Sequence[str]) -> float:
    """1 if the first 'yes' or 'no' of the prediction is the reference's."""
    said = _YES_NO.search(prediction)
    if said is None:
        return 0.0
    wanted = {found.group(1).lower() for a in answers if (found := _YES_NO.search(a))}
    return float(said.group(1).lower() in wanted)


RULES: Mapping[str, ScoringRule] = {
    rule.name: rule
    for rule in (
        ScoringRule(
            "vqa",
            gettext_noop("VQA soft accuracy: how many people gave this answer"),
            "answers",
            vqa_credit,
        ),
        ScoringRule(
            "exact",
            gettext_noop("Exact match with any reference answer, after normalisation"),
            "answers",
            exact_credit,
        ),
        ScoringRule(
            "choice",
            gettext_noop("Multiple choice: the option's letter, or its text"),
            "answers",
            choice_credit,
        ),
        ScoringRule(
            "yes_no",
            gettext_noop("Yes or no: the first of the two words"),
            "answers",
            yes_no_credit,
        ),
        ScoringRule(
            "given", gettext_noop("As the file says in its field 'correct'"), "correct", None
        ),
    )
}


def missing_input(table: pa.Table, rule: str) -> np.ndarray:
    """Mask of the rows that lack what the rule needs."""
    return np.asarray(pc.is_null(table.column(RULES[rule].needs)))


def score(table: pa.Table, rule: str) -> np.ndarray:
    """Credits in 0..1, float32, one a row; every row must hold what the rule needs.

    Each distinct (prediction, answers) pair is scored once: runs repeat few of them very often.
    """
    if rule not in RULES:
        raise CannotScore(f"'{rule}' is no scoring rule (known: {', '.join(RULES)})")
    if missing_input(table, rule).any():
        raise CannotScore(f"the rule '{rule}' needs the field '{RULES[rule].needs}' in every row")
    credit = RULES[rule].credit
    if credit is None:
        return np.asarray(table.column("correct").to_numpy(), dtype=np.float32)
    answers = pc.binary_join(table.column("answers"), "\x1f")
    joined = pc.binary_join_element_wise(table.column("prediction"), answers, "\x1e")
    encoded = pc.dictionary_encode(joined.combine_chunks())
    scored = []
    for pair in encoded.dictionary.to_pylist():
        prediction, _, references = pair.partition("\x1e")
        scored.append(credit(prediction, references.split("\x1f")))
    credits: np.ndarray = np.asarray(scored, dtype=np.float32)[encoded.indices.to_numpy()]
    return credits


def propose_rule(rows: Sequence[Mapping[str, object]]) -> str:
    """The likeliest rule for rows of the record (dicts with 'answers', 'correct')."""
    answers = [a for row in rows if isinstance(a := row.get("answers"), list) and a]
    if not answers:
        return "given"
    flat = [str(each).strip().lower() for found in answers for each in found]
    if all(each in {"yes", "no"} for each in flat):
        return "yes_no"
    if any(len(found) > 2 for found in answers):
        return "vqa"
    letters = {each.strip("().") for each in flat}
    if letters <= set(string.ascii_lowercase):
        return "choice"
    return "exact"
