"""How numbers look on every page: one percentage format, one interval strip."""

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """A share 0..1 as '12.3 %'; an em dash when there is none."""
    if share is None:
        return "—"
    # Rounded here: number_format cuts digits off.
    return f"{number_format(round(share * 100, digits), digits)} %"


@register.inclusion_tag("_interval.html")
def interval_strip(
    low: float, high: float, point: float | None = None, mark: float | None = None, top: float = 1.0
) -> dict[str, Any]:
    """A strip from 0 to `top` with the interval, its point and a marked threshold (all shares)."""

    def place(share: float | None) -> str | None:
        # Written as a plain number: a localised decimal comma would break the SVG.
        return None if share is None else f"{100 * min(max(share / top, 0.0), 1.0):.2f}"

    return {
        "low": place(low),
        "high": place(high),
        "point": place(point),
        "mark": place(mark),
        "words": f"{percent(low)} – {percent(high)}",
    }


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> SafeString | str:
    """The current query string with `changes`; None removes a key. Resets `page`."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def page_query(context: dict[str, Any], page: int) -> str:
    """The current query string on another page of the list."""
    query = context["request"].GET.copy()
    query["page"] = page
    return f"?{query.urlencode()}"


@register.filter
def item(mapping: dict[str, Any], name: str) -> Any:
    """The entry of a mapping by a name that the template has in a variable."""
    return mapping.get(name)
