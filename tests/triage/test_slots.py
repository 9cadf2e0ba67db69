"""The lower app knows nothing of the upper ones: they fill its pages' slots."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template

from triage import slots

BASE = Path(settings.BASE_DIR)


def test_no_page_of_the_lower_app_names_an_address_of_the_upper_ones() -> None:
    named = [
        f"{path.relative_to(BASE)}: {found}"
        for folder, ending in (("templates/triage", "html"), ("triage", "py"))
        for path in (BASE / folder).rglob(f"*.{ending}")
        for found in re.findall(r"\b(?:annotations|diagnostics):[a-z-]+", path.read_text())
    ]
    assert not named


def test_pieces_are_shown_by_their_place_with_the_page_s_context(monkeypatch) -> None:
    monkeypatch.setattr(slots, "_PIECES", type(slots._PIECES)(set))
    slots.fill("here", "_interval.html", 2)
    slots.fill("here", "diagnostics/causes/slots/project.html", 1)
    assert slots.pieces("here") == ["diagnostics/causes/slots/project.html", "_interval.html"]

    class Project:
        slug = "<p>"

    shown = Template('{% load pieces %}{% slot "here" %}{% slot "nowhere" %}')
    with pytest.raises(Exception, match="project-queues"):
        shown.render(Context({"project": Project()}))
    Project.slug = "p"
    assert "/projects/p/causes/" in shown.render(Context({"project": Project()}))


def test_every_piece_is_a_template_that_is_there() -> None:
    for name in list(slots._PIECES):
        for piece in slots.pieces(name):
            assert (BASE / "templates" / piece).is_file(), piece
