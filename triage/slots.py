"""Slots of pages: places that the apps above fill, so that this one need not know their addresses.

A piece is a template that is rendered with the page's own context; `{% slot "name" %}` in a page
shows all pieces of that name, by their place.
"""

from collections import defaultdict

_PIECES: dict[str, set[tuple[int, str]]] = defaultdict(set)


def fill(slot: str, template: str, place: int = 0) -> None:
    """Show `template` in `slot`; pieces of a lower `place` come first."""
    _PIECES[slot].add((place, template))


def pieces(slot: str) -> list[str]:
    """The templates that fill `slot`, in order."""
    return [template for _place, template in sorted(_PIECES[slot])]
