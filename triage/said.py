"""Sentences of the science in the reader's language; where they are stored, as what they are of."""

import json

from django.utils.translation import gettext

from triage.science.words import Refused, Sentence, shown


def translated(words: str | None) -> str:
    """A marked text or sentence in the language that is active now."""
    if not words:
        return ""
    if not isinstance(words, Sentence):
        return gettext(words)
    values = {k: translated(v) if isinstance(v, Sentence) else v for k, v in words.values.items()}
    return gettext(words.words).format(**shown(values))


def reason(problem: Exception) -> str:
    """Why something was refused, for the person who asked."""
    return translated(problem.sentence) if isinstance(problem, Refused) else str(problem)


def kept(words: str) -> str:
    """A text for a column of the database; a sentence as what it is made of."""
    if isinstance(words, Sentence):
        return json.dumps(words.to_dict(), ensure_ascii=False)
    return words


def told(stored: str) -> str:
    """The inverse of `kept`; a text that is no sentence comes back as it is."""
    if not stored.startswith("{"):
        return stored
    try:
        return Sentence.from_dict(json.loads(stored))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return stored
