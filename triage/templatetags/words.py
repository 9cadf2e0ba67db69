"""Texts that were written down in English, by the worker or in a snapshot, for the reader."""

from django import template
from django.utils.translation import gettext

from triage import science_words

register = template.Library()


@register.filter
def translated(text: str | None) -> str:
    """The text in the reader's language, where the catalogue has it."""
    return gettext(text) if text else ""


@register.filter
def step_words(step: str | None) -> str:
    """What a job is doing."""
    return science_words.step_words(step or "")
