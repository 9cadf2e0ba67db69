"""Words of the science that people read: marked where they stand, translated where shown."""


def gettext_noop(words: str) -> str:
    """`words`, as they are: `make messages` finds the mark, and a page translates them."""
    return words
