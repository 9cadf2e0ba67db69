"""Words of questions by the role they play, and accuracy by role.

Function words are closed lists; whatever is in none of them carries content. Words are what blanks
and marks separate: a text without blanks between its words is one word of content.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diagnostics.science.measures.samples import Floats

QUESTION, CONTENT, ATTRIBUTE, PLACE, NUMBER, OTHER = (
    "question", "content", "attribute", "place", "number", "other",
)  # fmt: skip
# Those that can be taken out; what is left over (articles, forms of 'to be') says nothing alone.
ROLES = (QUESTION, CONTENT, ATTRIBUTE, PLACE, NUMBER)

_LISTS = {
    QUESTION: "what which who whom whose when where why how many much",
    ATTRIBUTE: (
        "red orange yellow green blue purple violet pink brown black white grey gray gold golden "
        "silver beige tan maroon navy turquoise colour colours color colors coloured colored "
        "crimson scarlet amber tangerine canary emerald verdant azure cobalt mauve cyan magenta "
        "big bigger biggest large larger largest small smaller smallest little tiny huge tall "
        "taller tallest short shorter shortest long longer longest wide wider narrow thick thin "
        "old older young younger new bright brighter dark darker light lighter round rectangular "
        "square-shaped wooden metal metallic plastic striped spotted plain shiny matte wet dry hot "
        "cold open closed full empty clean dirty same different"
    ),
    PLACE: (
        "left right top bottom upper lower middle centre center side sides half corner front back "
        "behind above below under underneath beneath over beside between among near nearest next "
        "inside outside within in on at into onto off through across along against around toward "
        "towards from to by with far away close up down north south east west northern southern "
        "eastern western port starboard background foreground here there place position located"
    ),
    NUMBER: (
        "zero one two three four five six seven eight nine ten eleven twelve dozen first second "
        "third fourth fifth last both several few more most fewer fewest less least number count "
        "amount total"
    ),
    OTHER: (
        "a an the this that these those is are was were be been being am do does did doing done "
        "has have had having can could will would shall should may might must of and or but nor "
        "not no yes if then than as so such it its it's he she they them him her his their there's "
        "i you we us our your my any some all each every other another only also just very too "
        "for about like please tell me answer image picture photo shown seen see visible"
    ),
}
_ROLE = {word: role for role, words in _LISTS.items() for word in words.split()}
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def role_of(word: str) -> str:
    """The role of one word; digits are numbers, an unknown word is content."""
    form = word.lower()
    if form[:1].isdigit():
        return NUMBER
    return _ROLE.get(form, CONTENT)


def without(text: str, role: str) -> str:
    """The text with its words of a role taken out. Raises ValueError for a role that is none."""
    if role not in ROLES:
        raise ValueError(f"'{role}' is no role of a word (known: {', '.join(ROLES)})")
    kept = WORD.sub(lambda hit: "" if role_of(hit.group()) == role else hit.group(), text)
    return " ".join(kept.split())


def has_content(text: str) -> bool:
    """Whether any word of the text says what is asked about."""
    return any(
        role_of(hit.group()) in (CONTENT, ATTRIBUTE, PLACE, NUMBER) for hit in WORD.finditer(text)
    )


@dataclass(frozen=True)
class RoleAccuracy:
    """Mean credit of the `count` questions that hold a word of the role; NaN where none does."""

    role: str
    count: int
    credit: float


@dataclass(frozen=True)
class WordAccuracy:
    """Mean credit of the `count` questions that hold the word."""

    word: str
    role: str
    count: int
    credit: float


def accuracy_by_role(questions: Sequence[str], credit: Floats) -> tuple[RoleAccuracy, ...]:
    """Accuracy of questions (n) with credits (n) by the roles of their words, all roles."""
    held = [{role_of(hit.group()) for hit in WORD.finditer(text)} for text in questions]
    found = []
    for role in ROLES:
        chosen = np.array([role in roles for roles in held], dtype=bool)
        mean = float(credit[chosen].mean()) if chosen.any() else float("nan")
        found.append(RoleAccuracy(role, int(chosen.sum()), mean))
    return tuple(found)


def accuracy_by_word(
    questions: Sequence[str], credit: Floats, fewest: int = 20
) -> tuple[WordAccuracy, ...]:
    """Accuracy by each word that at least `fewest` questions hold, the lowest first."""
    held: dict[str, list[int]] = {}
    for place, text in enumerate(questions):
        for word in {hit.group().lower() for hit in WORD.finditer(text)}:
            held.setdefault(word, []).append(place)
    found = [
        WordAccuracy(word, role_of(word), len(places), float(credit[places].mean()))
        for word, places in held.items()
        if len(places) >= fewest and role_of(word) != OTHER
    ]
    return tuple(sorted(found, key=lambda each: (each.credit, each.word)))
