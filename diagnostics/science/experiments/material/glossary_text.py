"""A glossary as people write it: one line a word, then others for the same thing."""

MOST_WORDS = 5_000


class GlossaryUnreadable(ValueError):
    """A line is no entry; the message says which, and what an entry looks like."""


def read_glossary(text: str) -> dict[str, tuple[str, ...]]:
    """Words → others for the same thing. Empty lines, and lines that begin with #, are passed by.

    A line: `word: other, other`. A word that comes twice keeps all of its others. Raises
    GlossaryUnreadable.
    """
    found: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        word, colon, rest = entry.partition(":")
        others = [each.strip() for each in rest.split(",") if each.strip()]
        if not colon or not word.strip() or not others:
            raise GlossaryUnreadable(
                f"line {number} of the glossary is no entry: write “word: other, other”"
            )
        found.setdefault(word.strip(), []).extend(others)
    if len(found) > MOST_WORDS:
        raise GlossaryUnreadable(f"a glossary has at most {MOST_WORDS:,} words, not {len(found):,}")
    return {word: tuple(dict.fromkeys(others)) for word, others in found.items()}
