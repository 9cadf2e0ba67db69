"""Two answers held against each other: the form is folded away, the meaning is kept.

Folded: Unicode composition, width (１２ and 12), curly quotes, case, white space, Markdown, quotes
around the whole, a full stop of any script at its end, a leading article, digits of other scripts,
number words. Kept: signs, decimal points, symbols (`C++`, `?`, `50 %`) and lists.
"""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        "\u00a0": " ",
        "×": "x",
    }
)
# Selectors and joiners that change how a character is drawn, not what it is.
_INVISIBLE = re.compile("[\ufe00-\ufe0f\u200b\u200c\u200d\u2060\ufeff]")
# What sets a formula apart from the text around it.
_MATH = re.compile(r"\\[()\[\]]")
_STOPS = ".。｡．।۔።։"
_AROUND = "\"'*_ \t\n"
_ARTICLE = re.compile(r"^(?:a|an|the)\s+(?=\S)")
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
}
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:e[+-]?\d+)?")
_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*(\d+)")
# Far more digits than an answer has: beyond that a number is compared as text.
_LONGEST_NUMBER = 40
_MONEY = {
    "$": "dollar", "us$": "dollar", "usd": "dollar", "dollars": "dollar", "dollar": "dollar",
    "€": "euro", "eur": "euro", "euros": "euro", "euro": "euro",
    "£": "pound", "gbp": "pound", "pounds": "pound", "pound": "pound",
    "¥": "yuan", "cny": "yuan", "rmb": "yuan", "yuan": "yuan", "元": "yuan",
}  # fmt: skip
_PERCENT = {"%", "percent", "per cent", "pct"}


def fold(text: str) -> str:
    """`text` in one form: what is left differs only where the meaning may."""
    form = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    form = "".join(map(_plain_character, form)).translate(_QUOTES)
    form = " ".join(_MATH.sub(" ", form).split()).casefold()
    while True:
        shorter = form.strip(_AROUND).rstrip(_STOPS) if len(form) > 1 else form
        if not shorter or shorter == form:
            break
        form = shorter
    form = _ARTICLE.sub("", form)
    return _NUMBER_WORDS.get(form, form)


def same(one: str, other: str) -> bool:
    """Whether two answers say the same: equal when folded, or the same quantity."""
    left, right = fold(one), fold(other)
    if left == right:
        return True
    first, second = quantity(left), quantity(right)
    return first is not None and first == second


def quantity(text: str) -> tuple[Decimal, str] | None:
    """A number and its unit ('' for none); None for a text that is not just that.

    Thousands may be set apart by commas in threes: '1,200' is a number, '1,2' is a list of two.
    Money and per cent may stand on either side of the number.
    """
    form = fold(text)
    if len(form) > _LONGEST_NUMBER:
        return None
    before = re.match(r"(?:us)?[$€£¥]", form)
    plain = number_of(form)
    if plain is not None:
        return plain, ""
    sign, rest = "", form
    if before:
        rest = form[before.end() :].strip()
    elif form[:1] in "+-" and re.match(r"[+-](?:us)?[$€£¥]", form):
        sign, marked = form[0], form[1:]
        before = re.match(r"(?:us)?[$€£¥]", marked)
        assert before is not None
        rest = marked[before.end() :].strip()
    number = _NUMBER.match(rest)
    if number is None or not any(mark.isdigit() for mark in number[0]):
        return None
    value = number_of(sign + number[0])
    unit = rest[number.end() :].strip()
    if value is None or (before and unit and _MONEY.get(unit) is None):
        return None
    if before:
        return value, _MONEY[before[0]]
    if not unit:
        return value, ""
    return (value, _unit(unit)) if _is_unit(unit) else None


def number_of(text: str) -> Decimal | None:
    """The number that a text is ('-5', '1,200', '3/4', '.5'); None for any other text."""
    form = fold(text)
    if not form or len(form) > _LONGEST_NUMBER:
        return None
    part = _FRACTION.fullmatch(form)
    try:
        if part is not None:
            return Decimal(part[1]) / Decimal(part[2]) if int(part[2]) else None
        if _NUMBER.fullmatch(form) is None:
            return None
        return Decimal(form.replace(",", ""))
    except (InvalidOperation, ArithmeticError):
        return None


def _plain_character(mark: str) -> str:
    """One character in its plain width; a digit of any script as 0 to 9."""
    if mark < "\x80":
        return mark
    if unicodedata.category(mark) == "Nd":
        return str(unicodedata.digit(mark))
    if unicodedata.east_asian_width(mark) in "FH":
        return unicodedata.normalize("NFKC", mark)
    return mark


def _is_unit(text: str) -> bool:
    return text in _PERCENT or re.fullmatch(r"[^\W\d_][^\d+,;:?!]{0,19}|°[cf]?", text) is not None


def _unit(text: str) -> str:
    if text in _PERCENT:
        return "%"
    return _MONEY.get(text, text)
