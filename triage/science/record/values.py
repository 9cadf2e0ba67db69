"""One value at a time: what a file may hold in each kind of field, and why it is refused.

Every function takes what a JSON, CSV or Parquet cell gave and returns the clean value, or raises
`ValueError` with a reason that a person can act on. `None` stands for 'absent' and never gets here.
"""

import ast
import datetime
import json
import math
import re
from decimal import Decimal
from typing import Any

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "ood": "ood",
}
# Far beyond what any data set holds; a list longer than this is not a list of references.
MOST_ANSWERS = 1000
MOST_IMAGES = 64
# Longer than any name, shorter than what would weigh on every page that shows it.
LONGEST_NAME = 500
# An answer with more digits than this is no number that anybody wrote.
MOST_DIGITS = 300
# Where an object that holds one text keeps it.
_TEXT_KEYS = ("text", "answer", "content", "value", "caption", "raw", "prediction", "label")
_SURROGATE = re.compile("[\ud800-\udfff]")


_CREDIT_KEYS = ("score", "value", "correct", "accuracy", "acc")
_SAID = {
    **dict.fromkeys(("true", "yes", "c", "correct", "right", "pass", "passed", "✓"), 1.0),
    **dict.fromkeys(("false", "no", "i", "incorrect", "wrong", "fail", "failed", "n"), 0.0),
    "p": 0.5,
}


def text(value: Any) -> str:
    """Text as it stands; numbers and booleans in their JSON spelling, dates as ISO 8601 has them.

    A list of one, and an object that holds one text, are that text.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("holds a NUL character")
        # Half of a character that was cut in two: no file or data base can hold it.
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= 10**MOST_DIGITS:
            raise ValueError(f"is a number of more than {MOST_DIGITS} digits")
        return str(value)
    if isinstance(value, float):
        finite(value)
        return str(int(value)) if value.is_integer() else repr(value)
    inner = _one_text_of(value)
    if inner is not None:
        return text(inner)
    if isinstance(value, list | tuple) and len(value) > 1:
        raise ValueError(f"is a list of {len(value)}: one text is needed")
    raise ValueError(f"should be text, is {a_kind(kind_of(value))}")


def _one_text_of(value: Any) -> Any:
    """The only value of a list of one or of an object with one text; other types as text."""
    if isinstance(value, list | tuple):
        return value[0] if len(value) == 1 else None
    if isinstance(value, dict):
        named = [value[key] for key in _TEXT_KEYS if isinstance(value.get(key), str | int | float)]
        only = next(iter(value.values())) if len(value) == 1 else None
        return named[0] if named else only if isinstance(only, str) else None
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return str(value.to_integral_value() if whole else value.normalize())
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise ValueError("holds bytes that are no text") from None
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return value.item()
    return None


def written(value: Any) -> str:
    """What a model wrote, as `text`; nothing at all is an empty answer, and an answer."""
    if value is None or (isinstance(value, list | tuple | dict) and not value):
        return ""
    return text(value)


def name(value: Any) -> str:
    """A text short enough to be a name."""
    found = text(value).strip()
    if len(found) > LONGEST_NAME:
        raise ValueError(f"has {len(found)} characters: a name has at most {LONGEST_NAME}")
    return found


def finite(value: Any) -> float:
    """A finite number; text that spells one is taken (CSV)."""
    if isinstance(value, bool) or value is None:
        raise ValueError(f"should be a number, is {a_kind(kind_of(value))}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"should be a number, is {shown(value)}") from None
    if not math.isfinite(number):
        raise ValueError(f"is {number}: only finite numbers are taken")
    return number


def probability(value: Any) -> float:
    """A number in 0..1."""
    number = finite(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"is {number:g}: a probability lies in 0..1")
    return number


def credit(value: Any) -> float:
    """Right or wrong as a boolean or in words, or a credit in 0..1 (an object: its `score`)."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        value = next((value[key] for key in _CREDIT_KEYS if value.get(key) is not None), None)
        return credit(value)
    if isinstance(value, list | tuple) and len(value) == 1:
        return credit(value[0])
    if isinstance(value, str) and (said := _SAID.get(value.strip().lower())) is not None:
        return said
    return probability(value)


def split(value: Any) -> str:
    """train, val, test or ood (and their usual other names)."""
    known = SPLITS.get(text(value).strip().lower())
    if known is None:
        raise ValueError(f"is {shown(value)}: a split is train, val, test or ood")
    return known


def image_path(value: Any) -> str:
    """The name of a picture as the file has it; it is looked up in a folder, never opened as is.

    A list of one, and an object with `path`, are that name.
    """
    if isinstance(value, dict):
        value = value.get("path") or value.get("file_name") or value.get("filename")
        if value is None:
            raise ValueError("is an object without 'path' or 'bytes'")
    if isinstance(value, list | tuple) and len(value) == 1:
        return image_path(value[0])
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        listed = parsed(value)
        if isinstance(listed, list) and listed:
            return image_path(listed[0])
    if isinstance(value, bool | float):
        raise ValueError(f"should be the name of a picture, is {a_kind(kind_of(value))}")
    path = text(value).strip()
    if len(path) > LONGEST_NAME:
        raise ValueError(f"has {len(path)} characters: the name of a picture has at most 500")
    return path.removeprefix("./")


def image_paths(value: Any) -> list[str]:
    """The names of several pictures; one name is a list of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = parsed(value)
    listed = list(value) if isinstance(value, list | tuple) else [value]
    if len(listed) > MOST_IMAGES:
        raise ValueError(f"holds {len(listed)} pictures: at most {MOST_IMAGES} are taken")
    return [image_path(each) for each in listed if each is not None]


def answers(value: Any) -> list[str]:
    """Reference answers; a plain value is one answer.

    Text that spells a list of texts is that list, as spreadsheets keep it; one that spells a list
    of numbers is an answer that is a list.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        listed = parsed(value)
        if isinstance(listed, list) and all(isinstance(each, str | dict) for each in listed):
            value = listed
    found = [text(each) for each in value] if isinstance(value, list | tuple) else [text(value)]
    if not found:
        raise ValueError("is an empty list: give at least one reference answer")
    if len(found) > MOST_ANSWERS:
        raise ValueError(f"holds {len(found)} answers: at most {MOST_ANSWERS} are taken")
    return found


def options(value: Any) -> list[str]:
    """The choices of a multiple-choice question in order: a list, or {letter: text}."""
    if isinstance(value, str):
        value = parsed(value) if value.lstrip().startswith(("[", "{")) else value
        if isinstance(value, str) and value.lstrip().startswith("{"):
            value = structure(value)
        if isinstance(value, str):
            value = [part.strip() for part in value.split("\n" if "\n" in value else ";")]
    if isinstance(value, dict):
        value = [value[key] for key in value if value[key] is not None]
    if not isinstance(value, list | tuple):
        raise ValueError(f"should be a list of choices, is {a_kind(kind_of(value))}")
    return ["" if each is None else text(each) for each in value]


def structure(value: Any) -> Any:
    """Lists and objects as such; text that spells one (CSV) is parsed."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError(f"should be JSON, is {shown(value)}") from None
    return value.tolist() if hasattr(value, "tolist") else value


def parsed(value: str) -> Any:
    """A list spelled in JSON or as Python prints it; text that merely begins with '[' stays."""
    # Python's own spelling is read by its parser, which is not for texts of any length.
    for parse in (json.loads, ast.literal_eval)[: 2 if len(value) < 100_000 else 1]:
        try:
            parsed = parse(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(parsed, list):
            return parsed
    return value


def a_kind(kind: str) -> str:
    """A kind of value with its article."""
    return (
        kind if kind in ("null", "bytes", "true/false") else f"a{'n' * (kind[0] in 'aeiou')} {kind}"
    )


def kind_of(value: Any) -> str:
    """What a value is, in the words of JSON."""
    names = {dict: "object", list: "list", bool: "true/false", type(None): "null", bytes: "bytes"}
    return names.get(type(value), type(value).__name__)


def shown(value: Any) -> str:
    """A value in a sentence, cut where it is long."""
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"
