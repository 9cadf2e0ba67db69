"""HTML as a browser reads it: white space that templates have for their readers alone is gone."""

import re


def tidy(html: str) -> str:
    """`html` with one blank for any white space, and none beside the marks of tags."""
    plain = re.sub(r"\s+", " ", html)
    plain = re.sub(r" (?=/?>)", "", plain)
    return re.sub(r"> ?(?=<)|(?<=>) (?=\S)|(?<=\S) (?=<)", lambda m: m[0].strip(), plain)
