"""Which encoding a text is in: UTF-8 unless its bytes say otherwise; what was assumed is told."""

import codecs

from charset_normalizer import from_bytes

# Enough to tell an encoding by; the rest must then be in it too.
SAMPLE_BYTES = 1024**2
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Bytes that text has none of, but for a stray one in an answer.
_CONTROL = bytes({*range(9), *range(14, 27)})
_LIKELY = ["gb18030", "big5", "shift_jis", "euc_kr", "cp1252"]


def encoding_of(start: bytes) -> str:
    """The encoding of a file that begins with `start`; 'utf-8' where nothing speaks against it."""
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return name
    # Every other byte of plain words in UTF-16 is zero; UTF-8 has such bytes too, but no text has.
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > 0.3 * len(start) and min(even, odd) < 0.05 * len(start):
        return "utf-16-le" if odd > even else "utf-16-be"
    if _is_utf8(start):
        return "utf-8"
    # Nearly all of it ASCII, or UTF-8 with a few broken bytes: the broken bytes are to be told.
    others = sum(byte >= 0x80 for byte in start)
    if not others or _mostly_utf8(start) or is_binary(start):
        return "utf-8"
    best = from_bytes(start, cp_isolation=_LIKELY).best()
    return "cp1252" if best is None else best.encoding


def is_binary(start: bytes) -> bool:
    """Whether a file that begins with `start`, once its encoding is taken off, is no text."""
    first = start[:4096]
    return len(first) - len(first.translate(None, _CONTROL)) > len(first) / 100


def _is_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(start: bytes) -> bool:
    """Whether most of what is not ASCII is whole characters of UTF-8."""
    wrong = start.decode("utf-8", "replace").count("\ufffd")
    right = sum(mark > "\x7f" for mark in start.decode("utf-8", "ignore"))
    return right > 3 * wrong
