"""What a form or an address sent, read: whole numbers, submissions, seconds, what was put off."""

import math
import re
import uuid
from collections.abc import Iterable

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404
from django.utils.translation import gettext as _

# The largest whole number that the databases keep.
LARGEST = 2**63 - 1
# Put off at once in one queue; the oldest come back when there are more.
MOST_PUT_OFF = 500
_WHOLE = re.compile(r"-?[0-9]{1,19}")


class NotReadable(ValueError):
    """The form is not one that this version of the page made."""


def whole_number(text: str | None, *, least: int = 0, most: int = LARGEST) -> int | None:
    """A whole number in ASCII digits within `least` … `most`; None for any other text.

    '--5', '²', '٣', '1e9', '' and numbers that no database keeps are other texts.
    """
    if text is None or _WHOLE.fullmatch(text) is None:
        return None
    number = int(text)
    return number if least <= number <= most else None


def whole_numbers(texts: Iterable[str], *, least: int = 0) -> list[int]:
    """Those of the texts that are whole numbers, in order."""
    return [number for text in texts if (number := whole_number(text, least=least)) is not None]


def number_or_404(text: str | None, *, least: int = 0) -> int:
    """A whole number that a form of ours sends; Http404 for anything else."""
    number = whole_number(text, least=least)
    if number is None:
        raise Http404
    return number


def read_uuid(text: str) -> uuid.UUID:
    """The submission: what makes sending a form twice the same as once. Raises NotReadable."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotReadable(_("The page is out of date; reload it.")) from None


def read_seconds(text: str) -> float | None:
    """The seconds that a page measured; None for anything that cannot be a time spent."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return round(seconds, 2) if math.isfinite(seconds) and 0 <= seconds < 86_400 else None


class PutOff:
    """What one session put off in one queue until the rest is done, the latest last."""

    def __init__(self, session: SessionBase, queue: str) -> None:
        self._session = session
        self._name = f"later:{queue}"

    @property
    def numbers(self) -> list[int]:
        """Places or positions, in the order in which they come back."""
        return list(self._session.get(self._name, []))

    def add(self, number: int) -> None:
        """Put one off; one that was put off before goes to the end."""
        kept = [each for each in self.numbers if each != number]
        self._session[self._name] = [*kept, number][-MOST_PUT_OFF:]
