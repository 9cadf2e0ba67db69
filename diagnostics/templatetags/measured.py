"""How a measured value looks: the number in its unit, and its interval."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from diagnostics.science.experiments.design.words import COLUMNS, EXTRAS, FACTORS, VALUES
from diagnostics.science.measures.results import Value
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
        return number_format(round(value), 0, force_grouping=True).replace("-", "−")
    places = max(0, DIGITS - len(str(int(abs(value)))) if abs(value) >= 1 else DIGITS)
    # Adding 0 makes a rounded −0 a plain 0.
    return number_format(round(value, places) + 0.0, places).replace("-", "−")


@register.filter
def mark(value: float) -> str:
    """A number beside an axis: three digits, no zeros that say nothing."""
    text = f"{value:.3g}"
    return plain(value) if "e" in text else number_format(text).replace("-", "−")


@register.filter
def interval_words(value: Value | Mapping[str, Any]) -> str:
    """'1.2 % to 3.4 %'; empty where there is no interval. Takes a stored value as it lies, too."""
    known = vars(value) if isinstance(value, Value) else value
    low, high, unit = known["low"], known["high"], known["unit"]
    if low is None or high is None:
        return ""
    form = signed if unit == "points" else lambda limit: in_unit(limit, unit)
    return _("%(low)s to %(high)s") % {"low": form(low), "high": form(high)}


@register.filter
def p_value(value: float) -> str:
    """A p-value as it is written: never 0."""
    return "p < 0.001" if value < 0.001 else f"p = {number_format(round(value, 3), 3)}"


@register.filter
def parted(name: str) -> SafeString:
    """A name of the record that may break where its words part."""
    return mark_safe("_<wbr>".join(escape(part) for part in name.split("_")))  # noqa: S308


@register.filter
def says_nothing(summary: dict[str, Any]) -> bool:
    """Whether the number moved and nothing follows: neither arm had learnt its task."""
    return summary.get("verdict") in ("gain", "loss") and summary.get("as_expected") == "open"


@register.filter
def said(words: str) -> str:
    """Words of a measure in the reader's language."""
    return _(words) if words else ""


@register.filter
def all_said(fields: list[str]) -> str:
    """Fields of the record as a list in the reader's language.

    A remark on a field is translated; a bare name stays as the file has to spell it.
    """
    return _(", ").join(_(each) if " " in each else each for each in fields)


@register.inclusion_tag("diagnostics/experiments/_difference.html")
def difference_strip(value: dict[str, Any], reach: float, settled: bool = False) -> dict[str, Any]:
    """A strip from -reach to +reach with zero marked, the difference and its interval.

    `settled`: the interval is a claim, and drawn as one.
    """

    def place(share: float | None) -> str:
        # Written as a plain number: a localised decimal comma would break the SVG.
        clipped = None if share is None else min(max(share / reach, -1.0), 1.0)
        return "" if clipped is None else f"{50 + 50 * clipped:.2f}"

    return {
        "low": place(value["low"]),
        "high": place(value["high"]),
        "point": place(value["value"]),
        "settled": settled,
        "words": " ".join(
            each for each in (in_unit(value["value"], "points"), interval_words(value)) if each
        ),
    }


@register.filter
def spread(value: float | None) -> str:
    """A standard deviation of shares, in points, without a sign; empty where there is none."""
    return "" if value is None else f"± {number_format(round(value * 100, 1), 1)}"


@register.filter
def reach_words(share: float) -> str:
    """How far a plot reaches, in points: '4' or '0.5'."""
    return number_format(f"{share * 100:g}")


@register.filter
def is_claim(verdict: str) -> bool:
    """Whether the interval excludes zero and so claims something."""
    return verdict in ("gain", "loss")


@register.filter
def factor_words(factor: str) -> str:
    """A factor as a reader knows it."""
    return _(FACTORS[factor]) if factor in FACTORS else factor


@register.filter
def value_words(value: Any) -> str:
    """The value of a factor as a reader knows it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{100 * value:g} %"
    if value == -1:
        return _("all")
    return _(VALUES[value]) if value in VALUES else str(value)


@register.filter
def column_words(name: str) -> str:
    """The heading of a column of groups."""
    return _(COLUMNS[name]) if name in COLUMNS else name


@register.filter
def extra_words(name: str) -> str:
    """The heading of a further number of the trials."""
    return _(EXTRAS[name]) if name in EXTRAS else name
