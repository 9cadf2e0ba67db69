"""How a measured value looks: the number in its unit, and its interval."""

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from triage.templatetags.figures import percent

register = template.Library()
# Enough digits to tell two numbers apart, no more than a reader needs.
DIGITS = 3


@register.filter
def in_unit(value: float | None, unit: str) -> str:
    """12.3 %, +4.5 points, 0.812 or 1,234; an em dash when there is none."""
    if value is None:
        return "—"
    if unit == "share":
        return percent(value)
    if unit == "points":
        return _("%(n)s points") % {"n": signed(value)}
    if unit == "p":
        return p_value(value)
    if unit == "count":
        return number_format(round(value), 0, force_grouping=True)
    return plain(value)


@register.filter
def gained(share: float | None) -> str:
    """'+3.2 points' of accuracy."""
    return "" if share is None else _("%(n)s points") % {"n": signed(share)}


def signed(share: float) -> str:
    """A difference of shares in points, with its sign."""
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    return f"{sign}{number_format(abs(round(share * 100, 1)), 1)}"


def plain(value: float) -> str:
    """A number with three digits that say something."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return number_format(round(value), 0, force_grouping=True)
    places = max(0, DIGITS - len(str(int(abs(value)))) if abs(value) >= 1 else DIGITS)
    return number_format(round(value, places), places)


@register.filter
def mark(value: float) -> str:
    """A number beside an axis: three digits, no zeros that say nothing."""
    text = f"{value:.3g}"
    return plain(value) if "e" in text else number_format(text).replace("-", "−")


@register.filter
def interval_words(value: dict[str, Any]) -> str:
    """'1.2 % to 3.4 %'; empty where there is no interval."""
    if value["low"] is None or value["high"] is None:
        return ""
    form = signed if value["unit"] == "points" else lambda limit: in_unit(limit, value["unit"])
    return _("%(low)s to %(high)s") % {"low": form(value["low"]), "high": form(value["high"])}


@register.filter
def p_value(value: float) -> str:
    """A p-value as it is written: never 0."""
    return "p < 0.001" if value < 0.001 else f"p = {number_format(round(value, 3), 3)}"


@register.filter
def said(words: str) -> str:
    """Words of a measure in the reader's language."""
    return _(words) if words else ""
