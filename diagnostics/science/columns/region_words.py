"""How like the words of a question are to what the regions of its picture show."""

import numpy as np
import pyarrow as pa

from diagnostics.science.columns.words_by_role import ATTRIBUTE, CONTENT, WORD, role_of
from diagnostics.science.measures.samples import Floats
from triage.science.store.store import RunFolder

# Regions of a seeded draw of at most this many samples are held at once.
MOST_ROWS = 5_000
# Pictures that are tried as another one, for a sample whose draw fell on its own.
MOST_TRIES = 10
COLUMNS = ("region_embeddings", "word_embeddings")
NAMES = ("region_word_similarity", "region_word_mismatched")
# A region shows things and what they are like; numbers and places lie between regions.
SHOWN = (CONTENT, ATTRIBUTE)


def region_word_numbers(folder: RunFolder, count: int, seed: int = 0) -> dict[str, Floats]:
    """`region_word_similarity` and `region_word_mismatched` (n each), NaN but for a seeded draw.

    The first: the cosine of each keyword with the region most like it, averaged over the sample's
    keywords. The second: the same with the regions of another picture. Empty where no sample has
    region_embeddings, word_embeddings and a keyword.
    """
    if not folder.sample_columns().issuperset(COLUMNS):
        return {}
    rows, table = _drawn(folder, seed)
    words = [keyword_vectors(each.as_py()) for each in table["word_embeddings"]]
    kept = np.array([number for number, each in enumerate(words) if len(each)], dtype=np.int64)
    if not len(kept):
        return {}
    regions = [_unit(_rows(each.values)) for each in table["region_embeddings"].take(kept)]
    words = [words[number] for number in kept.tolist()]
    other = other_pictures(table["image"].take(kept).to_pylist(), seed)
    found = {name: np.full(count, np.nan) for name in NAMES}
    found[NAMES[0]][rows[kept]] = [
        similarity(own, seen) for own, seen in zip(words, regions, strict=True)
    ]
    paired = np.flatnonzero(other >= 0)
    found[NAMES[1]][rows[kept[paired]]] = [
        similarity(words[place], regions[other[place]]) for place in paired.tolist()
    ]
    return found


def similarity(words: Floats, regions: Floats) -> float:
    """Mean over words (k, d) of the cosine with the best of the regions (r, d); unit vectors."""
    return float((words @ regions.T).max(axis=1).mean())


def keyword_vectors(pairs: list[tuple[str, list[float]]] | None) -> Floats:
    """Unit vectors (k, d) of the tokens that name a thing or what it is like; (0, 0) of none."""
    kept = [vector for token, vector in pairs or [] if is_keyword(token)]
    return _unit(np.array(kept)) if kept else np.zeros((0, 0))


def is_keyword(token: str) -> bool:
    """Whether a token, with a tokenizer's marks or without, names a thing or what it is like."""
    form = token.strip()
    if form.startswith(("[", "<")) and form.endswith(("]", ">")):
        return False  # A tokenizer's own sign, such as [CLS] or </s>.
    word = WORD.search(form.lstrip("Ġ▁"))
    return word is not None and role_of(word.group()) in SHOWN


def other_pictures(pictures: list[str | None], seed: int) -> np.ndarray:
    """For each sample (n) the place of one with another picture, -1 where none was met.

    The next in a seeded order, or else one of those after it; samples without a picture's name
    have pictures of their own.
    """
    count = len(pictures)
    names: dict[str, int] = {}
    codes = np.array(
        [
            -1 - place if name is None else names.setdefault(name, len(names))
            for place, name in enumerate(pictures)
        ],
        dtype=np.int64,
    )
    order = np.random.default_rng(seed).permutation(count)
    other = np.full(count, -1, dtype=np.int64)
    for step in range(1, min(MOST_TRIES, count - 1) + 1):
        next_one = np.empty(count, dtype=np.int64)
        next_one[order] = np.roll(order, -step)
        free = (other < 0) & (codes[next_one] != codes)
        other[free] = next_one[free]
    return other


def _drawn(folder: RunFolder, seed: int) -> tuple[np.ndarray, pa.Table]:
    """Rows (m) of a seeded draw of the samples that have both fields, ascending, and the fields."""
    known = np.concatenate(
        [np.zeros(0, dtype=bool)]
        + [
            np.asarray(part[COLUMNS[0]].is_valid()) & np.asarray(part[COLUMNS[1]].is_valid())
            for part in folder.read_samples(list(COLUMNS))
        ]
    )
    usable = np.flatnonzero(known)
    rows = np.sort(np.random.default_rng(seed).permutation(usable)[:MOST_ROWS])
    first, parts = 0, []
    for part in folder.read_samples([*COLUMNS, "image"]):
        here = rows[(rows >= first) & (rows < first + part.num_rows)]
        parts.append(part.take(pa.array(here - first)))
        first += part.num_rows
    return rows, pa.concat_tables(parts)


def _rows(vectors: pa.ListArray) -> np.ndarray:
    """Vectors of one length as (r, d)."""
    flat = vectors.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat.reshape(len(vectors), -1))


def _unit(vectors: np.ndarray) -> Floats:
    """Rows of length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)
