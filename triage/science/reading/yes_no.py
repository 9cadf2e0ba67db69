"""Yes or no: in words, as a number, as true and false, in English and Chinese."""

import re

from triage.science.reading.folding import fold

_YES = {"yes", "yeah", "yep", "true", "1", "1.0", "y", "t", "是", "是的", "对", "正确", "有", "真"}
_NO = {"no", "nope", "false", "0", "0.0", "n", "f", "否", "不是", "不", "错", "错误", "没有", "假"}
_WORD = re.compile(r"\b(yes|no|yeah|nope|true|false)\b|(不是|没有|不对|否|是的|是|对|有)")
_MEANS = {
    "yes": "yes", "yeah": "yes", "true": "yes", "是的": "yes", "是": "yes", "对": "yes",
    "有": "yes", "no": "no", "nope": "no", "false": "no", "不是": "no", "没有": "no",
    "不对": "no", "否": "no",
}  # fmt: skip


def yes_or_no(text: str) -> str | None:
    """'yes' or 'no' as the text says first; None where it says neither."""
    form = fold(text)
    if form in _YES:
        return "yes"
    if form in _NO:
        return "no"
    found = _WORD.search(form)
    return None if found is None else _MEANS[found[0]]


def is_yes_no(text: str) -> bool:
    """Whether a reference is nothing but yes or no, in words or as true and false."""
    form = fold(text)
    return form in _YES or form in _NO
