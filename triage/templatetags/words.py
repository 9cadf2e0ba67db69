"""Texts that were written down in English, by the worker or in a snapshot, for the reader."""

from django import template
from django.utils.translation import ngettext

from triage import said

register = template.Library()


@register.filter
def translated(text: str | None) -> str:
    """The text in the reader's language, where the catalogue has it."""
    return said.translated(text)


@register.filter
def time_left(seconds: int) -> str:
    """How long a job will still take, in the unit that a person would use."""
    if seconds < 90:
        words = ngettext("about %(n)s second left", "about %(n)s seconds left", seconds)
        return words % {"n": seconds}
    minutes = round(seconds / 60)
    if minutes < 90:
        words = ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes)
        return words % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(n)s hour left", "about %(n)s hours left", hours) % {"n": hours}
