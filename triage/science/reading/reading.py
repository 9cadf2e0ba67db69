"""Reading an answer: a pipeline of named steps, from what a model wrote to what it answered.

Failed call or empty, reasoning block taken off, last box, tag or "answer is", then letter, number
or yes and no, held against the row's options. What was written is kept beside what was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from triage.science.reading import steps
from triage.science.reading.choices import LETTERS, begins_with_letter, letter_of, option_meant
from triage.science.reading.folding import quantity
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
    "letter": gettext_noop("letter"),
    "option": gettext_noop("option of the row"),
    "yes_no": gettext_noop("yes or no"),
    "number": gettext_noop("number"),
}
_NUMBER_IN = re.compile(r"(?<![\w.])[-+−]?[$€£¥]?\d[\d,]*(?:\.\d+)?(?:/\d+)?\s*(?:%|°)?(?!\w)")
# A text longer than this is a chain of thought rather than an answer.
_LONGEST_ANSWER = 2_000


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
        return _read_choice(text, taken, options)
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


def _read_choice(text: str, taken: tuple[Step, ...], options: Sequence[str]) -> Reading:
    """The option that the final text means."""
    lines = [line for line in text.splitlines() if line.strip()]
    for part in _where_to_look(text, lines, bool(taken)):
        if options:
            index = option_meant(part, options)
            if index is not None:
                return Reading(
                    LETTERS[index], "answered", (*taken, Step("option", options[index])), index
                )
        else:
            letter = letter_of(part)
            if letter is not None:
                return Reading(letter, "answered", (*taken, Step("letter", letter)))
    if not options and len(text) <= _LONGEST_ANSWER and len(lines) == 1:
        return Reading(text, "answered", taken)
    return Reading(text, "not_readable", taken)


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
        word = quantity(text.split()[0]) if len(text.split()) == 1 else None
        return Reading(text, "answered" if word else "not_readable", taken)
    chosen = numbers[0] if len(set(numbers)) == 1 or taken else numbers[-1]
    return Reading(chosen, "answered", (*taken, Step("number", chosen)))
