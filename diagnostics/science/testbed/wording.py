"""Other words for what questions name: synonyms and hypernyms that training never used."""

import re

import numpy as np

OTHER_WORDS = {
    "circle": ("disc", "round"),
    "circles": ("discs", "rounds"),
    "square": ("quadrilateral", "box"),
    "squares": ("quadrilaterals", "boxes"),
    "triangle": ("trigon", "wedge"),
    "triangles": ("trigons", "wedges"),
    "star": ("pentagram", "asterisk"),
    "stars": ("pentagrams", "asterisks"),
    "red": ("crimson", "scarlet"),
    "orange": ("amber", "tangerine"),
    "yellow": ("golden", "canary"),
    "green": ("emerald", "verdant"),
    "blue": ("azure", "cobalt"),
    "purple": ("violet", "mauve"),
    "tomato": ("ketchup", "strawberry"),
    "carrot": ("pumpkin", "apricot"),
    "lemon": ("banana", "mustard"),
    "grass": ("moss", "spinach"),
    "sea": ("ocean", "sapphire"),
    "roll": ("trundle", "wheel"),
    "left": ("western", "port"),
    "top": ("upper", "northern"),
}
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


def in_other_words(rng: np.random.Generator, text: str) -> str:
    """`text` with every word that has other words replaced by one of them."""

    def other(found: re.Match[str]) -> str:
        choices = OTHER_WORDS.get(found.group())
        return found.group() if choices is None else choices[int(rng.integers(len(choices)))]

    return _WORD.sub(other, text)
