"""Reading the submission that a form carries: what makes sending it twice the same as once."""

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
