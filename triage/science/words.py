"""Words of the science that people read: marked where they stand, translated where shown."""

from collections.abc import Mapping
from typing import Any


def gettext_noop(words: str) -> str:
    """`words`, as they are: `make messages` finds the mark, and a page translates them."""
    return words


class Sentence(str):
    """A marked sentence with values in its places: its English, and what it is made of.

    `words` has named places ('{n} rows read'), `values` holds what stands there: whole numbers
    (thousands are set apart by commas), text, and sentences. Without values a marked text will do.
    """

    words: str
    values: Mapping[str, Any]

    def __new__(cls, words: str, /, **values: Any) -> "Sentence":
        """The sentence with its values."""
        made = super().__new__(cls, words.format(**shown(values)))
        made.words, made.values = words, values
        return made

    def to_dict(self) -> dict[str, Any]:
        """For storing beside a job, to be translated for each reader."""
        kept = {k: v.to_dict() if isinstance(v, Sentence) else v for k, v in self.values.items()}
        return {"words": self.words, "values": kept}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Sentence":
        """The inverse of `to_dict`."""
        values = stored["values"].items()
        made = {k: cls.from_dict(v) if isinstance(v, dict) else v for k, v in values}
        return cls(stored["words"], **made)


class Refused(ValueError):
    """What was asked cannot be done; `sentence` says why to the person who asked."""

    def __init__(self, words: str, /, **values: Any) -> None:
        self.sentence = words if not values else Sentence(words, **values)
        super().__init__(self.sentence)


def shown(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as they stand in a sentence."""
    return {name: f"{v:,}" if isinstance(v, int) else str(v) for name, v in values.items()}
