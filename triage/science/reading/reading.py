"""Reading an answer: a pipeline of named steps, from what a model wrote to what it answered.

Failed call or empty, reasoning block taken off, last box, tag or "answer is", then letter, number
or yes and no, held against the row's options. What was written is kept beside what was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from triage.science.reading import steps
from triage.science.reading.choices import (
    LETTERS,
    begins_with_letter,
    letter_of,
    listed_letter,
    option_meant,
)
from triage.science.reading.folding import fold, quantity
from triage.science.reading.yes_no import yes_or_no
from triage.science.words import gettext_noop

State = Literal["answered", "no_answer", "failed_call", "not_readable"]
Kind = Literal["text", "choice", "yes_no", "number"]

STATES: dict[State, str] = {
    "answered": gettext_noop("answered"),
    "no_answer": gettext_noop("no answer"),
    "failed_call": gettext_noop("failed call"),
    "not_readable": gettext_noop("not readable"),
}
STEPS: dict[str, str] = {
    "failed": gettext_noop("the call to the model failed"),
    "empty": gettext_noop("nothing was written"),
    "reasoning": gettext_noop("reasoning block taken off"),
    "unfinished": gettext_noop("the reasoning never ends"),
    "boxed": gettext_noop("last box"),
    "tag": gettext_noop("last answer tag"),
    "announced": gettext_noop("after the last “the answer is”"),
    "concluded": gettext_noop("last conclusion"),
    "listed": gettext_noop("option that the text lists"),
    "letter": gettext_noop("letter"),
    "option": gettext_noop("option of the row"),
    "yes_no": gettext_noop("yes or no"),
    "number": gettext_noop("number"),
}
_NUMBER_IN = re.compile(
    r"(?<![\w.])[-+−]?[$€£¥]?\d[\d,]*(?:\.\d+)?(?:/\d+)?"
    r"(?:\s*(?:%|°)|\s+(?:thousand|million|billion|trillion)\b)?(?!\w)"
)
_REFUSES = re.compile(r"\b(?:cannot|can't|can not|impossible|unable|insufficient)\b", re.IGNORECASE)
_WORDS_IN = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
)
# More words than this are a chain of thought rather than the text of an option.
_MOST_WORDS = 12


@dataclass(frozen=True)
class Step:
    """One step of the pipeline: its name in STEPS, and the text that it left."""

    name: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What a model answered: the text that is scored, its state, and the steps on the way.

    `option` is the index of the row's option that was meant, for multiple choice.
    """

    answer: str
    state: State
    steps: tuple[Step, ...] = ()
    option: int | None = None


def read(written: str, kind: Kind = "text", options: Sequence[str] = ()) -> Reading:
    """Read what a model wrote as an answer of `kind`, against the options of its row."""
    if steps.is_failed_call(written):
        return Reading("", "failed_call", (Step("failed", ""),))
    if steps.says_nothing(written):
        return Reading("", "no_answer", (Step("empty", ""),))
    text, taken, unfinished = _final_text(written)
    if steps.says_nothing(text):
        name = "unfinished" if unfinished else "empty"
        return Reading("", "not_readable" if unfinished else "no_answer", (*taken, Step(name, "")))
    if kind == "choice":
        return _read_choice(text, taken, options, written)
    if kind == "yes_no":
        said = yes_or_no(text)
        if said is None:
            return Reading(text, "not_readable", taken)
        return Reading(said, "answered", (*taken, Step("yes_no", said)))
    if kind == "number":
        return _read_number(text, taken)
    return Reading(text, "answered", taken)


def _final_text(written: str) -> tuple[str, tuple[Step, ...], bool]:
    """The part of the text that holds the final answer, the steps to it, and whether a reasoning
    block was never closed."""
    taken: list[Step] = []
    text, unfinished = steps.without_reasoning(written)
    if text != written.strip():
        taken.append(Step("reasoning", text))
    for name, find in (("tag", steps.tagged), ("boxed", steps.boxed)):
        found = find(text)
        if found is not None and not steps.says_nothing(found):
            text = found
            taken.append(Step(name, text))
    found = steps.announced(text)
    if found is not None:
        text = found
        taken.append(Step("announced", text))
    return text, tuple(taken), unfinished


def _read_choice(
    text: str, taken: tuple[Step, ...], options: Sequence[str], written: str
) -> Reading:
    """The option that the final text means."""
    concluded = steps.concluded(written) if all(s.name == "announced" for s in taken) else None
    if concluded is not None:
        found = _choice_in(concluded[1], (Step("concluded", concluded[1]),), options)
        if found is not None:
            return found
    lines = [line for line in text.splitlines() if line.strip()]
    for part in _where_to_look(text, lines, bool(taken)):
        found = _choice_in(part, taken, options)
        if found is not None:
            return found
    if not options:
        listed = listed_letter(text, written) if taken else None
        if listed is not None:
            return Reading(listed, "answered", (*taken, Step("listed", listed)))
        if len(lines) == 1 and len(text.split()) <= _MOST_WORDS:
            return Reading(text, "answered", taken)
    return Reading(text, "not_readable", taken)


def _choice_in(text: str, taken: tuple[Step, ...], options: Sequence[str]) -> Reading | None:
    """The option that a part of the text means; None where it means none, or several."""
    if options:
        index = option_meant(text, options)
        if index is None:
            return None
        step = Step("option", options[index])
        return Reading(LETTERS[index], "answered", (*taken, step), index)
    letter = letter_of(text)
    return None if letter is None else Reading(letter, "answered", (*taken, Step("letter", letter)))


def _where_to_look(text: str, lines: Sequence[str], pointed: bool) -> list[str]:
    """Parts of the final text, the likeliest first.

    Where the text was pointed to ('the answer is …') its first line decides; a chain of thought
    that points nowhere ends in its answer, or begins with a letter set apart.
    """
    if len(lines) <= 1:
        return [text]
    if pointed:
        return [lines[0], text, lines[-1]]
    lettered = [line for line in lines if begins_with_letter(line)]
    if len(lettered) > 1:
        # The options are listed again: what is said of them stands in the other lines.
        lines = [line for line in lines if line not in lettered]
        return lines[-1:]
    return [lines[-1], *(lines[:1] if lettered[:1] == lines[:1] else []), text]


def _read_number(text: str, taken: tuple[Step, ...]) -> Reading:
    """The quantity that the text is; else the last number that stands in it."""
    if quantity(text) is not None:
        return Reading(text, "answered", taken)
    numbers = [found[0].strip() for found in _NUMBER_IN.finditer(text)]
    if not numbers:
        # "There are three triangles": one number in words, of which 'one' is also a pronoun.
        words = dict.fromkeys(_WORDS_IN.findall(text.casefold()))
        plain = [word for word in words if word != "one"] or list(words)
        if len(plain) != 1 or _REFUSES.search(text):
            return Reading(text, "not_readable", taken)
        chosen = fold(plain[0])
        return Reading(chosen, "answered", (*taken, Step("number", chosen)))
    chosen = numbers[0] if len(set(numbers)) == 1 or taken else numbers[-1]
    return Reading(chosen, "answered", (*taken, Step("number", chosen)))
