"""Questions, right answers and predictions in files of their own, laid side by side by a key."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.science.reading.folding import fold
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

# Columns that name a row, best first; of these two tables may have different ones.
KEYS = (
    "question_id", "questionId", "qid", "annot_id", "sample_id", "pid", "idx", "index", "id",
    "doc_id", "uid", "item_id", "image_id", "imageId", "custom_id",
)  # fmt: skip
_IMAGES = ("image", "image_id", "imageId", "file_name", "filename", "img", "image_path", "img_fn")
# In files of answers `text` is the answer, and what was asked is the prompt.
_QUESTIONS = ("question", "prompt", "text", "query", "caption")
# A key that fits fewer rows than this is none.
LEAST_MATCH = 0.5
EXAMPLES = 3

Key = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True)
class Join:
    """How two tables go together: the keys of both, and how many rows find a partner."""

    left: Key
    right: Key
    words: str
    matched: int
    rows: int

    @property
    def share(self) -> float:
        """Of the rows on the left, how many find a partner."""
        return self.matched / self.rows if self.rows else 0.0


def best_join(left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]]) -> Join | None:
    """The key by which most rows of `left` find one of `right`; None where none fits.

    A key must name rows of `right` (nearly) uniquely; of equally good keys the first is taken.
    """
    best: Join | None = None
    for words, left_key, right_key in _candidates(left, right):
        known = _known(right, right_key)
        if not known:
            continue
        matched = sum(left_key(row) in known for row in left)
        join = Join(left_key, right_key, words, matched, len(left))
        if join.share >= LEAST_MATCH and (best is None or join.share > best.share + 0.01):
            best = join
    return best


def _known(rows: Sequence[Mapping[str, Any]], key: Key) -> set[str]:
    """The names that a key gives; none where it gives one to rows that say different things."""
    said: dict[str, str] = {}
    differing = named = 0
    for row in rows:
        name = key(row)
        if name is None:
            continue
        named += 1
        here = repr([row.get(each) for each in _SAID])
        differing += said.setdefault(name, here) != here
    return set(said) if differing <= MOST_DIFFERING * named else set()


# What rows of one name must agree in, for the name to be a key.
_SAID = ("answer", "answers", "label", "gold", "gt_answer", "target", "image", "question", "text")
MOST_DIFFERING = 0.02


def joined(
    left: Sequence[dict[str, Any]], right: Sequence[Mapping[str, Any]], join: Join
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of `left` with what their partners hold beside, and names of those without one."""
    partner_of: dict[str | None, Mapping[str, Any]] = {}
    for row in right:
        partner_of.setdefault(join.right(row), row)
    partner_of.pop(None, None)
    rows: list[dict[str, Any]] = []
    alone: list[str] = []
    for row in left:
        name = join.left(row)
        partner = partner_of.get(name)
        if partner is None:
            alone.append(str(name))
            rows.append(row)
        else:
            rows.append({**{k: v for k, v in partner.items() if k not in row}, **row})
    return rows, alone


def told(name: str, join: Join, alone: Sequence[str]) -> Sentence:
    """How a join went, in words."""
    if not alone:
        return Sentence(
            _("{matched} of {rows} rows matched with {name} by {key}"),
            matched=join.matched,
            rows=join.rows,
            name=name,
            key=join.words,
        )
    return Sentence(
        _("{matched} of {rows} rows matched with {name} by {key}; {n} without, e.g. {examples}"),
        matched=join.matched,
        rows=join.rows,
        name=name,
        key=join.words,
        n=len(alone),
        examples=", ".join(alone[:EXAMPLES]),
    )


def _candidates(
    left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Key, Key]]:
    """Pairs of keys to try: the same name, other names of a row, picture and question."""
    mine, theirs = _names(left), _names(right)
    found: list[tuple[str, Key, Key]] = []
    for name in (name for name in KEYS if name in mine & theirs and name not in _IMAGES):
        found.append((name, _by(name), _by(name)))
    for one in (name for name in KEYS if name in mine):
        for other in (name for name in KEYS if name in theirs and name != one):
            found.append((f"{one} = {other}", _by(one), _by(other)))
    mine_image, their_image = _first(_IMAGES, mine), _first(_IMAGES, theirs)
    mine_text, their_text = _first(_QUESTIONS, mine), _first(_QUESTIONS, theirs)
    if mine_image and their_image and mine_text and their_text:
        words = "image + question"
        found.append((words, _pair(mine_image, mine_text), _pair(their_image, their_text)))
    for one in ("question_id", "id"):
        if one in mine & theirs and mine_text and their_text:
            found.append((f"{one} + {their_text}", _and(one, mine_text), _and(one, their_text)))
        if one in mine and their_image and mine_text and their_text:
            # Rows that go by the name of their picture.
            words = f"{one} + {mine_text} = {their_image} + {their_text}"
            found.append((words, _pair(one, mine_text), _pair(their_image, their_text)))
    for name in sorted(mine & theirs - {*KEYS, *_QUESTIONS}):
        if name.lower().endswith(("id", "index", "key")):
            found.append((name, _by(name), _by(name)))
    found += [(n, _by(n), _by(n)) for n in ("image_id", "imageId") if n in mine & theirs]
    if mine_image and their_image:
        found.append(("image", _stem(mine_image), _stem(their_image)))
    return found


def _names(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    return {name for row in rows[:50] for name in row}


def _first(names: Sequence[str], known: set[str]) -> str | None:
    return next((name for name in names if name in known), None)


def _by(name: str) -> Key:
    def key(row: Mapping[str, Any]) -> str | None:
        value = row.get(name)
        return None if value is None or isinstance(value, Mapping | list) else str(value)

    return key


def _stem(name: str) -> Key:
    def key(row: Mapping[str, Any]) -> str | None:
        value = row.get(name)
        if value is None or isinstance(value, Mapping | list):
            return None
        base = re.split(r"[\\/]", str(value))[-1]
        return base.rsplit(".", 1)[0].casefold()

    return key


def _text(name: str) -> Key:
    """The question alone: what prompts put behind it stands on further lines."""

    def key(row: Mapping[str, Any]) -> str | None:
        value = row.get(name)
        if not isinstance(value, str):
            return None
        lines = value.replace("<image>", "").strip().splitlines()
        return fold(lines[0]) if lines else None

    return key


def _pair(image: str, text: str) -> Key:
    return _both(_stem(image), _text(text))


def _and(name: str, text: str) -> Key:
    return _both(_by(name), _text(text))


def _both(one: Key, other: Key) -> Key:
    def key(row: Mapping[str, Any]) -> str | None:
        left, right = one(row), other(row)
        return None if left is None or right is None else f"{left}\x1f{right}"

    return key
