"""Which option of a multiple-choice question an answer means: by letter, by text, by index."""

import re
from collections.abc import Sequence

from triage.science.reading.folding import fold, number_of, same

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# A longer answer is no option that a text lists by its letter.
_LONGEST_LISTED = 100
# Options that benchmarks have at most; letters beyond stand for words.
_MOST = 12
_OPEN, _CLOSE = r"[(\[{（【<《“\"'*_$\s]*", r"[)\]}）】>》”\"'*_$\s]*"
_NAMED = r"(?:(?:option|choice|answer|选项|選項|选|選)\s*[:：]?\s*)?"
_ALONE = re.compile(
    rf"^{_OPEN}{_NAMED}{_OPEN}([A-Za-z]){_CLOSE}[.。:：,，;；、!！]*{_CLOSE}$", re.I
)
# A letter that a mark sets apart from the text behind it: 'B. hat', '(B) hat', '**B** because'.
_LEADING = re.compile(
    rf"^{_OPEN}{_NAMED}(?:[(\[（【]\s*([A-Za-z])\s*[)\]）】]|[*_]+([A-Za-z])[*_]+|([A-Za-z])\s*"
    r"(?:[.。:：、)）\]](?=\s|[^\w.]|$|[^\x00-\x7f])|[.:)](?=[A-Z])|\s[-–—]\s|[,，;；](?=\s|$)|\n))",
    re.I,
)
# 'option B', 'choice (B)', '选项B', '选 B'.
_CALLED = re.compile(
    r"(?:\b(?:option|choice|answer)\s*(?:is\s*)?[:：]?\s*|选项\s*|選項\s*|[选選]\s*)"
    r"[(\[（*_\"'“]*([A-Za-z])(?![\w'’])"
)
_BRACKETED = re.compile(r"[(（\[【]\s*([A-Z])\s*[)）\]】]|\*\*\s*([A-Z])[.)]?\s*\*\*")
_LETTERS_ONLY = re.compile(
    rf"^{_OPEN}[A-Za-z]{_CLOSE}[.。]?(?:\s*(?:[,;、，和&]|and)\s*{_OPEN}[A-Za-z]{_CLOSE})*[.。]?$"
)
_CAPITAL = re.compile(r"(?<![\w'’.\-/&])([A-Z])(?![\w'’\-/&+#]|\.[A-Za-z])")
# Words after which a letter that stands alone is an answer, whatever it is.
_CHOOSING = re.compile(
    r"\b(?:choose|chose|pick|picked|select|selected|go with|is|be|it's|:)\s*[(\[*_\"'“]*"
    r"([A-Z])(?![\w'’])[)\]*_\"'”]*\s*(?:[.,;:!。]|$|\n|because\b|since\b|as\b)"
)


def letter_of(text: str, options: int = _MOST) -> str | None:
    """The one letter (A, B, …) that `text` chooses; None where it names none, or several.

    The article 'A' and the pronoun 'I' are not letters unless a mark sets them apart.
    """
    allowed = LETTERS[: max(2, min(options, len(LETTERS)))]
    stripped = text.strip()
    if len(letters_in(stripped)) > 1:
        return None
    for pattern in (_ALONE, _LEADING):
        found = pattern.match(stripped)
        letter = _first(found, allowed) if found else None
        if letter is not None:
            return letter
    for pattern in (_CALLED, _BRACKETED, _CHOOSING):
        named = [each for found in pattern.finditer(stripped) if (each := _first(found, allowed))]
        if named and len(set(named)) == 1:
            return named[0]
        if named:
            return None
    capitals = {letter for found in _CAPITAL.finditer(stripped) if (letter := found[1]) in allowed}
    capitals -= {letter for letter in "AI" if letter in capitals and _is_a_word(letter, stripped)}
    return capitals.pop() if len(capitals) == 1 else None


def is_letters(text: str) -> bool:
    """Whether a reference is a letter of an option, or several ('B', '(b)', 'A, C')."""
    return _LETTERS_ONLY.match(text) is not None


def letters_in(text: str) -> frozenset[str]:
    """The letters of a text that is nothing but letters of options."""
    return frozenset(re.findall(r"[A-Za-z]", text.upper())) if is_letters(text) else frozenset()


def begins_with_letter(text: str) -> bool:
    """Whether a letter, set apart by a mark, stands at the beginning ('B. hat')."""
    stripped = text.strip()
    return _ALONE.match(stripped) is not None or _LEADING.match(stripped) is not None


def listed_letter(answer: str, text: str) -> str | None:
    """The letter that the text itself sets before this answer ('The correct option is (B) 41%').

    None where it sets none, or several.
    """
    plain = answer.strip(" .。*$")
    if not plain or len(plain) > _LONGEST_LISTED:
        return None
    found = re.findall(rf"\(?\b([A-L])[).:]\s*\**\s*{re.escape(plain)}(?!\w)", text)
    return found[0] if len(set(found)) == 1 else None


def option_meant(text: str, options: Sequence[str]) -> int | None:
    """Index of the option that `text` means: its own words first, then its letter.

    None where no option is meant, or several are. Where the options' own texts are letters, a
    letter is the place of an option.
    """
    whole = _whole(text, options)
    if whole is not None:
        return whole
    letter = letter_of(text, len(options))
    if letter is not None:
        return LETTERS.index(letter)
    return _named_in(text, options)


def option_of_reference(reference: str, options: Sequence[str], base: int = 0) -> int | None:
    """Index of the option that a reference names: by letter, by its text, or by number.

    `base`: the number of the first option where references are numbers (0 or 1).
    """
    whole = _whole(reference, options)
    if whole is not None:
        return whole
    found = _ALONE.match(reference.strip())
    if found is not None:
        index = LETTERS.index(found[1].upper())
        return index if index < len(options) else None
    number = number_of(reference)
    if number is not None and number == int(number):
        index = int(number) - base
        return index if 0 <= index < len(options) else None
    leading = letter_of(reference, len(options))
    return None if leading is None else LETTERS.index(leading)


def _whole(text: str, options: Sequence[str]) -> int | None:
    """The one option whose text this is; None for options that are letters themselves."""
    if all(_ALONE.match(option) for option in options):
        return None
    found = [index for index, option in enumerate(options) if same(text, option)]
    return found[0] if len(found) == 1 else None


def _first(found: "re.Match[str]", allowed: str) -> str | None:
    letter = next((each for each in found.groups() if each), "").upper()
    return letter if letter and letter in allowed else None


def _is_a_word(letter: str, text: str) -> bool:
    """Whether a lone 'A' or 'I' is the article or the pronoun: a word follows it."""
    return re.search(rf"(?<![\w'’]){letter}\s+[a-z]", text) is not None


def _named_in(text: str, options: Sequence[str]) -> int | None:
    """The only option whose words stand in the text, longer options before those inside them."""
    rest = f" {_words(text)} "
    named = []
    for index in sorted(range(len(options)), key=lambda each: -len(options[each])):
        words = f" {_words(options[index])} "
        if len(words) > 2 and words in rest:
            named.append(index)
            rest = rest.replace(words, "  ")
    return named[0] if len(named) == 1 else None


def _words(text: str) -> str:
    """Folded words set apart by single blanks; characters of Chinese stand alone."""
    return " ".join(re.findall(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:[.'+#%-]\w*)*", fold(text)))
