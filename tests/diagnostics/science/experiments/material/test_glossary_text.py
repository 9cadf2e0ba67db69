"""A glossary as people write it."""

import pytest

from diagnostics.science.experiments.material.glossary_text import GlossaryUnreadable, read_glossary


def test_a_line_is_a_word_and_others_for_the_same_thing() -> None:
    text = "# shapes\nball: sphere, round thing\n\ncube : block\nball: sphere, orb\n"

    assert read_glossary(text) == {"ball": ("sphere", "round thing", "orb"), "cube": ("block",)}
    assert read_glossary("") == {}


@pytest.mark.parametrize("line", ["ball", "ball:", ": sphere", "ball: , ,"])
def test_a_line_that_is_no_entry_is_named(line: str) -> None:
    with pytest.raises(GlossaryUnreadable, match="line 2"):
        read_glossary(f"cube: block\n{line}\n")
