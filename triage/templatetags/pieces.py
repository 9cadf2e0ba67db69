"""The places of a page that other apps fill."""

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from triage import slots

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context: Context, name: str) -> SafeString:
    """What the apps show in this place, each piece with the page's context."""
    assert context.template is not None
    engine = context.template.engine
    shown = []
    for piece in slots.pieces(name):
        with context.push():
            shown.append(engine.get_template(piece).render(context))
    # Each piece is a template of ours: what it shows is escaped there.
    return mark_safe("\n".join(shown))  # noqa: S308
