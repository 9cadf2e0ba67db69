"""Questions in other words, by a glossary: words, and others for the same thing."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

# How many ways a question is said differently, beside its own.
VARIANTS = 3


def both_ways(glossary: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Every word of the glossary → all others for the same thing, in lower case.

    An entry says that its word and its others are one thing, whichever of them a question uses:
    who wrote it down need not know which words training has. Two entries that share a word speak
    of two things (a bank, a bank): they are not joined into one.
    """
    found: dict[str, dict[str, None]] = {}
    for word, others in glossary.items():
        group = [each for each in map(_form, (word, *others)) if each]
        for each in group:
            found.setdefault(each, {}).update(dict.fromkeys(g for g in group if g != each))
    return {word: tuple(others) for word, others in found.items() if others}


class Rewording:
    """Says questions in a glossary's words."""

    def __init__(self, glossary: Mapping[str, Sequence[str]]) -> None:
        self.others = both_ways(glossary)
        # The longest first: 'traffic light' is one thing, not a light.
        words = sorted(self.others, key=lambda word: (-len(word), word))
        choice = "|".join(re.escape(word) for word in words)
        self._pattern = re.compile(rf"(?<!\w)(?:{choice})(?!\w)", re.IGNORECASE) if words else None

    def knows(self, text: str) -> bool:
        """Whether the glossary has other words for any in the text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def variants(
        self, text: str, rng: np.random.Generator, count: int = VARIANTS
    ) -> tuple[str, ...]:
        """At most `count` different texts with every known word replaced by another for it.

        The words for one thing are gone through in turn from a place drawn at random, so that
        few variants use all of them. Empty where no word is known.
        """
        pattern = self._pattern
        if pattern is None:
            return ()
        hits = list(pattern.finditer(text))
        if not hits:
            return ()
        options = [self.others[_form(hit.group())] for hit in hits]
        starts = rng.integers([len(each) for each in options])
        found: dict[str, None] = {}
        for turn in range(count):
            chosen = [
                each[(int(start) + turn) % len(each)]
                for each, start in zip(options, starts, strict=True)
            ]
            found[_replaced(text, hits, chosen)] = None
        return tuple(found)


def _replaced(text: str, hits: Sequence[re.Match[str]], chosen: Sequence[str]) -> str:
    parts, end = [], 0
    for hit, word in zip(hits, chosen, strict=True):
        parts += [text[end : hit.start()], word]
        end = hit.end()
    return "".join([*parts, text[end:]])


def _form(word: str) -> str:
    return " ".join(word.lower().split())
