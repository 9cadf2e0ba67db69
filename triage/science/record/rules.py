"""Scoring rules: from what was read of a prediction, and the references, to a credit in 0..1."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from triage.science.reading.choices import letter_of, letters_in, option_of_reference
from triage.science.reading.folding import fold, number_of, quantity, same
from triage.science.reading.reading import Kind, Reading
from triage.science.reading.yes_no import yes_or_no
from triage.science.record.vqa_text import normalise, vqa_credit
from triage.science.words import gettext_noop as _

# How far a number may lie from its reference, as a share of it.
TOLERANCE = 0.01
# ChartQA (Masry et al. 2022): numbers within five per cent are right.
RELAXED = 0.05
# ANLS (Biten et al. 2019): an answer further away than this from every reference has no credit.
ANLS_THRESHOLD = 0.5
# Above this length two texts are not held against each other letter by letter.
_LONGEST_COMPARED = 2_000


@dataclass(frozen=True)
class Question:
    """What one prediction is held against.

    `references` as the file has them; `options` of its row, in order; `right`: indices of the
    options that are right (empty without options).
    """

    references: tuple[str, ...]
    options: tuple[str, ...] = ()
    right: tuple[int, ...] = ()


@dataclass(frozen=True)
class ScoringRule:
    """One way to call a prediction right or wrong.

    `needs`: the field without which it cannot be used; `kind`: how predictions are read for it;
    `credit`: from what was written, what was read, and the question; None for `given`.
    """

    name: str
    title: str
    description: str
    needs: str
    kind: Kind
    credit: Callable[[str, Reading, Question], float] | None


def right_options(
    references: Sequence[str], options: Sequence[str], base: int = 0
) -> tuple[int, ...]:
    """Indices of the options that the references name, by letter, text or number from `base`."""
    found = (option_of_reference(each, options, base) for each in references)
    return tuple(dict.fromkeys(index for index in found if index is not None))


def _vqa(written: str, read: Reading, question: Question) -> float:
    return max(vqa_credit(text, question.references) for text in {written, read.answer})


def _exact(written: str, read: Reading, question: Question) -> float:
    texts = {written, read.answer} - {""}
    return float(any(same(text, each) for text in texts for each in question.references))


def _any_of(written: str, read: Reading, question: Question) -> float:
    if _exact(written, read, question):
        return 1.0
    wanted = {form for each in question.references if (form := _loose(each))}
    return float(any(_loose(text) in wanted for text in (written, read.answer)))


def _loose(text: str) -> str:
    """The VQA form of an answer, where nothing is lost by it: '-5' is not 5, '3,4' not 34."""
    form, plain = " ".join(normalise(text).split()), fold(text)
    loses = set("+-<>=@$%#") & set(plain) or _LISTED_NUMBERS.search(plain)
    return plain if loses or not form else form


# '3,4' is a list of two, '3,400' is a number.
_LISTED_NUMBERS = re.compile(r"\d,(?!\d{3}(?!\d))\d")


def _choice(written: str, read: Reading, question: Question) -> float:
    if question.options:
        return float(read.option is not None and read.option in question.right)
    if read.state != "answered":
        return 0.0
    several = [letters for each in question.references if len(letters := letters_in(each)) > 1]
    if several:
        # 'A, C' is one reference: all of its letters, and no other, are right.
        return float(any(letters_in(read.answer) == each for each in several))
    wanted = {letter for each in question.references if (letter := letter_of(each))}
    return float(read.answer in wanted) or _exact(written, read, question)


def _yes_no(_written: str, read: Reading, question: Question) -> float:
    wanted = {yes_or_no(each) for each in question.references}
    return float(read.state == "answered" and read.answer in wanted)


def _close(share: float) -> Callable[[str, Reading, Question], float]:
    def credit(written: str, read: Reading, question: Question) -> float:
        if _exact(written, read, question):
            return 1.0
        said = quantity(read.answer) or quantity(written)
        if said is None:
            return 0.0
        for each in question.references:
            wanted = quantity(each)
            if wanted is None or (wanted[1] and said[1] and wanted[1] != said[1]):
                continue
            if abs(said[0] - wanted[0]) <= abs(float(wanted[0])) * share:
                return 1.0
        return 0.0

    return credit


def _anls(written: str, read: Reading, question: Question) -> float:
    best = 0.0
    for text in {written, read.answer} - {""}:
        for each in question.references:
            left, right = fold(text)[:_LONGEST_COMPARED], fold(each)[:_LONGEST_COMPARED]
            far = Levenshtein.normalized_distance(left, right, score_cutoff=ANLS_THRESHOLD)
            best = max(best, 1.0 - far if far < ANLS_THRESHOLD else 0.0)
    return best


def border(credit: float, read: Reading, question: Question) -> str | None:
    """How a wrong answer lies near the scorer's border; None where it does not.

    'format': it differs in format only; 'minority': one or two people gave it; 'contains': the
    reference stands in it as whole words; 'within': it stands in the reference.
    """
    said = _bare(read.answer)
    if not said or question.options or read.state != "answered":
        return None
    wanted = [form for each in question.references if (form := _bare(each))]
    if any(said.replace(" ", "") == form.replace(" ", "") for form in wanted):
        return "format" if credit == 0 else "minority"
    if credit > 0:
        return "minority"
    if number_of(said) is not None:
        return None
    padded = f" {said} "
    if any(f" {form} " in padded for form in wanted):
        return "contains"
    return "within" if any(padded in f" {form} " for form in wanted) else None


def _bare(text: str) -> str:
    """Letters and digits alone, words apart by single blanks."""
    form = fold(normalise(text))
    return " ".join("".join(m if m.isalnum() else " " for m in form).split())


BORDERS: Mapping[str, str] = {
    "format": _("differs in format only"),
    "minority": _("equals what one or two people answered"),
    "contains": _("contains the reference"),
    "within": _("lies within the reference"),
}

RULES: Mapping[str, ScoringRule] = {
    rule.name: rule
    for rule in (
        ScoringRule(
            "given",
            _("As the file says"),
            _("The verdict in the file's field “correct”: its own judge or score"),
            "correct",
            "text",
            None,
        ),
        ScoringRule(
            "choice",
            _("Multiple choice"),
            _("The option that was meant, by letter, text or number"),
            "answers",
            "choice",
            _choice,
        ),
        ScoringRule(
            "yes_no",
            _("Yes or no"),
            _("Yes and no in words, as digits, as true and false; English and Chinese"),
            "answers",
            "yes_no",
            _yes_no,
        ),
        ScoringRule(
            "exact",
            _("Exact match"),
            _("Same as a reference: case, width and a last full stop are folded, signs are kept"),
            "answers",
            "text",
            _exact,
        ),
        ScoringRule(
            "any_of",
            _("Any of the references"),
            _("As exact match, and articles, contractions and punctuation are folded too"),
            "answers",
            "text",
            _any_of,
        ),
        ScoringRule(
            "vqa",
            _("VQA soft accuracy"),
            _("How many of about ten people gave this answer"),
            "answers",
            "text",
            _vqa,
        ),
        ScoringRule(
            "numeric",
            _("Number, within 1 %"),
            _("The last number that was written, at most one per cent from the reference"),
            "answers",
            "number",
            _close(TOLERANCE),
        ),
        ScoringRule(
            "relaxed",
            _("Relaxed accuracy"),
            _("As ChartQA scores: numbers within 5 %, texts as exact match"),
            "answers",
            "number",
            _close(RELAXED),
        ),
        ScoringRule(
            "anls",
            _("ANLS"),
            _("As DocVQA scores: the share of letters that are the same, from one half on"),
            "answers",
            "text",
            _anls,
        ),
    )
}
