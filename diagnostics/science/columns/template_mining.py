"""Templates of questions, where a file does not name them: what stays when the values vary.

A word is a value of some slot where other words stand in its place: of "is there a red circle?" and
"is there a blue circle?" the colour is one. Rare words are values too; words of grammar never are.
What stays is the template: "is there a …". A long value that was not seen to vary ("dining table")
is folded into the template that is the same but for it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from diagnostics.science.measures.samples import Groups

SLOT = "…"
# Distinct questions from which values are learnt; all others are then read by what was learnt.
MOST_LEARNT = 20_000
# In one place: so many different words make it a slot.
LEAST_VALUES = 3
# Of the places in which a word stands: so many are slots if the word is a value.
SHARE_OF_PLACES = 0.5
# A word in a smaller share of the questions is rare.
RARE = 0.002
# A template of fewer samples than this, or than the rare share, is read by its opening alone.
LEAST_SAMPLES = 20
LONGEST_OPENING = 6
PASSES = 4
# A template of few distinct questions is folded into one of many, over a value of up to 3 words.
FEW, MANY, LONGEST_VALUE = 5, 10, 3
# English words of grammar: they say what is asked, whatever stands in their place elsewhere.
GRAMMAR = frozenset(
    """
    a the this that these those there here it its he she they them his her their you your we i my
    our me him us who whom whose which what where when why how is are was were be been being am do
    does did done doing has have having had can could will would shall should may might must not no
    nor any some all each every both either neither none many much more most few less least and or
    but if than then as so of in on at to from by with without into onto over under above below
    beneath between behind before after beside besides near next through across along around against
    about inside outside up down off out upon toward towards within among away for during
    """.split()
)
# Chinese and Japanese write no spaces: each of their characters is read as a word.
_CHARACTERS = "\u3040-\u30ff\u3400-\u9fff"
_UNSPACED = re.compile(f"[{_CHARACTERS}]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")
_BETWEEN_UNSPACED = re.compile(f"(?<=[{_CHARACTERS}{SLOT}]) (?=[{_CHARACTERS}{SLOT}])")
Words = tuple[str, ...]


def mined_templates(questions: pa.ChunkedArray, seed: int = 0) -> Groups | None:
    """The template of each question (n), -1 where there is none; None where all have the same.

    Each distinct question is read once; `seed` draws those that values are learnt from.
    """
    coded = pa.chunked_array(questions).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        return None
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    texts = coded.dictionary.to_pylist()
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    names: dict[str, int] = {}
    found = [names.setdefault(name, len(names)) for name in templates_of(texts, counts, seed)]
    if len(names) < 2:
        return None
    table = np.array([*found, -1], dtype=np.int32)
    return Groups(table[codes], tuple(names))


def templates_of(texts: Sequence[str], counts: np.ndarray, seed: int = 0) -> list[str]:
    """The template of each distinct text, of which the run has so many samples."""
    rows = np.random.default_rng(seed).permutation(len(texts))[:MOST_LEARNT].tolist()
    fixed = fixed_words([words_of(texts[row]) for row in rows], counts[rows])
    frames = [framed(words_of(text), fixed) for text in texts]
    into = folded(Counter(frames))
    frames = [into.get(frame, frame) for frame in frames]
    begun = openings(frames, counts)
    frames = [begun.get(frame, frame) for frame in frames]
    said = {frame: _said(frame) for frame in set(frames)}
    return [said[frame] for frame in frames]


def words_of(text: str) -> Words:
    """Words and numbers of a text, in lower case; "an" is "a"."""
    if not text.isascii():
        text = _UNSPACED.sub(r" \g<0> ", text)
    return tuple(_WORD.findall(text.lower().replace(" an ", " a ")))


def fixed_words(texts: Sequence[Words], counts: np.ndarray) -> frozenset[str]:
    """Words that are no values: frequent, and seldom replaced by others in their places.

    Every pass looks at the frames that the pass before left, where more places are alike.
    """
    often: Counter[str] = Counter()
    for words, count in zip(texts, counts.tolist(), strict=True):
        for word in set(words):
            often[word] += count
    floor = max(2.0, RARE * float(counts.sum()))
    fixed = {
        word
        for word, count in often.items()
        if (count >= floor or word in GRAMMAR) and not word[0].isdigit()
    }
    for _ in range(PASSES):
        replaced = _replaced({framed(words, fixed) for words in texts}) & fixed
        if not replaced:
            break
        fixed -= replaced
    return frozenset(fixed)


def framed(words: Words, fixed: Iterable[str]) -> Words:
    """The words that are fixed, with one slot for the values between them."""
    frame: list[str] = []
    for word in words:
        if word in fixed:
            frame.append(word)
        elif not frame or frame[-1] != SLOT:
            frame.append(SLOT)
    return tuple(frame)


def _replaced(frames: Iterable[Words]) -> set[str]:
    """Words, none of grammar, that stand mostly where other words or a slot do too."""
    places: defaultdict[tuple[Words, Words], set[str]] = defaultdict(set)
    for frame in frames:
        for at, word in enumerate(frame):
            places[frame[:at], frame[at + 1 :]].add(word)
    seen: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    for values in places.values():
        seen.update(values)
        if len(values) >= LEAST_VALUES or SLOT in values:
            slots.update(values)
    return {w for w in seen if w not in GRAMMAR and slots[w] >= SHARE_OF_PLACES * seen[w]}


def folded(frames: Counter[Words]) -> dict[Words, Words]:
    """Frames of few distinct texts that are a frame of many but for one value, and that frame."""
    many = {frame: count for frame, count in frames.items() if count >= MANY and frame[1:]}
    heads = {frame[:at] for frame in many for at, word in enumerate(frame) if word == SLOT}
    into: dict[Words, Words] = {}
    for frame, count in frames.items():
        if count <= FEW:
            found = [each for each in _without_a_value(frame, heads) if each in many]
            if found:
                into[frame] = max(found, key=lambda each: many[each])
    return into


def _without_a_value(frame: Words, heads: set[Words]) -> Iterable[Words]:
    """The frame with a slot in place of each run of up to 3 words, none of them of grammar.

    Only where what comes before the slot is the head of some frame that it could be folded into.
    """
    for start in range(len(frame)):
        before = frame[: start - 1] if start and frame[start - 1] == SLOT else frame[:start]
        if before not in heads:
            continue
        for end in range(start + 1, min(start + LONGEST_VALUE, len(frame)) + 1):
            if frame[end - 1] in GRAMMAR:
                break
            rest = frame[end:]
            yield (*before, SLOT, *(rest[1:] if rest[:1] == (SLOT,) else rest))


def openings(frames: Sequence[Words], counts: np.ndarray) -> dict[Words, Words]:
    """Frames of too few samples, and the longest beginning that enough of them share.

    Without this, questions that people thought up would each be a template of their own.
    """
    held: Counter[Words] = Counter()
    for frame, count in zip(frames, counts.tolist(), strict=True):
        held[frame] += count
    least = min(float(LEAST_SAMPLES), RARE * float(counts.sum()))
    begun: Counter[Words] = Counter()
    rare = [frame for frame, count in held.items() if count < least]
    for frame in rare:
        for length in range(1, min(len(frame), LONGEST_OPENING + 1)):
            begun[frame[:length]] += held[frame]
    return {frame: _opening(frame, begun, least) for frame in rare}


def _opening(frame: Words, begun: Counter[Words], least: float) -> Words:
    for length in range(min(len(frame) - 1, LONGEST_OPENING), 0, -1):
        if begun[frame[:length]] >= least:
            shared = frame[:length]
            return shared if shared[-1] == SLOT else (*shared, SLOT)
    return (SLOT,)


def _said(frame: Words) -> str:
    """A frame as people write it."""
    return _BETWEEN_UNSPACED.sub("", " ".join(frame)) or SLOT
