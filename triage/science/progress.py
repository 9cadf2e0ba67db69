"""How far a piece of work is: a share, and what is being done in words that a page translates."""

from collections.abc import Callable
from typing import TypeAlias


class Step(str):
    """What is being done, with numbers in it: the English sentence, and what it is made of.

    `words` is a marked sentence with named places ('{n} rows read'), `counts` the whole numbers
    that stand there. A step without numbers is a marked sentence and needs no Step.
    """

    words: str
    counts: dict[str, int]

    def __new__(cls, words: str, **counts: int) -> "Step":
        """The sentence with its numbers, thousands set apart by commas."""
        made = super().__new__(cls, words.format(**{k: f"{v:,}" for k, v in counts.items()}))
        made.words, made.counts = words, counts
        return made


# Called with a share 0..1 of the work and the step that it is at.
Progress: TypeAlias = Callable[[float, str], None]
