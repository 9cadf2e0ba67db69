"""Reading the submission that a form carries: what makes sending it twice the same as once."""

import math
import uuid

from django.utils.translation import gettext as _


class NotReadable(ValueError):
    """The form is not one that this version of the page made."""


def read_uuid(text: str) -> uuid.UUID:
    """The submission. Raises NotReadable."""
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
