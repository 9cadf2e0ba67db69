"""What the candidates of many samples say: how sure the model was, where the reference stands."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.record.scoring import normalise

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CandidateLists:
    """The lists of n samples, flat, best first: `owner` (m) ascending, `answers`, `probabilities`.

    `probabilities` (m) are NaN where the record has none.
    """

    samples: int
    owner: npt.NDArray[np.int64]
    answers: pa.Array
    probabilities: Floats

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many candidates each sample has (n)."""
        return np.bincount(self.owner, minlength=self.samples).astype(np.int64)

    @cached_property
    def place(self) -> npt.NDArray[np.int64]:
        """Each candidate's place in its list (m), from 0."""
        first = np.concatenate([[0], np.cumsum(self.counts)[:-1]]) if self.samples else np.zeros(0)
        return np.asarray(np.arange(len(self.owner)) - first[self.owner], dtype=np.int64)

    @cached_property
    def weighed(self) -> npt.NDArray[np.bool_]:
        """Samples (n) that have candidates, all with a probability."""
        unknown = np.bincount(
            self.owner, weights=np.isnan(self.probabilities), minlength=self.samples
        )
        return np.asarray((self.counts > 0) & (unknown == 0))


def candidate_lists(column: pa.ChunkedArray) -> CandidateLists:
    """The candidates of a record column."""
    whole = pa.chunked_array(column).combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return CandidateLists(0, np.zeros(0, np.int64), pa.array([], pa.string()), np.zeros(0))
    counts = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    flat = whole.flatten()
    probabilities = pc.struct_field(flat, "probability").to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(len(whole), dtype=np.int64), counts.astype(np.int64))
    return CandidateLists(
        len(whole), owner, pc.struct_field(flat, "answer"), probabilities.astype(np.float64)
    )


def nth_probability(lists: CandidateLists, place: int) -> Floats:
    """Probability (n) of the candidate at `place` (from 0); NaN where there is none."""
    found = np.full(lists.samples, np.nan)
    here = lists.place == place
    found[lists.owner[here]] = lists.probabilities[here]
    return np.where(lists.weighed, found, np.nan)


def predictive_entropy(lists: CandidateLists) -> Floats:
    """Entropy (n) over log of the number of candidates; mass outside the list is one more."""
    found = np.full(lists.samples, np.nan)
    shares = np.nan_to_num(lists.probabilities)
    sums = np.bincount(lists.owner, weights=shares, minlength=lists.samples)
    bits = np.bincount(lists.owner, weights=_bits(shares), minlength=lists.samples)
    rest = 1.0 - sums
    more = rest > 1e-6
    parts = lists.counts + more
    bits = bits + np.where(more, _bits(np.maximum(rest, 0.0)), 0.0)
    several = lists.weighed & (parts > 1)
    found[several] = bits[several] / np.log(parts[several])
    found[lists.weighed & (parts == 1)] = 0.0
    return found


def _bits(shares: Floats) -> Floats:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-shares * logs)


def reference_rank(lists: CandidateLists, references: pa.ChunkedArray) -> Floats:
    """Place (n, from 1) of the first candidate that is a reference, both normalised.

    inf where candidates and references are known and none matches; NaN where one is not known.
    """
    known, hit = _matches(lists, references)
    ranks = np.where(known, np.inf, np.nan)
    np.fmin.at(ranks, lists.owner[hit], lists.place[hit] + 1.0)
    return ranks


def probability_of(lists: CandidateLists, references: pa.ChunkedArray) -> Floats:
    """Probability (n) of the candidates that are references, both normalised; NaN if not known."""
    known, hit = _matches(lists, references)
    found = np.bincount(lists.owner[hit], weights=lists.probabilities[hit], minlength=lists.samples)
    return np.where(known & lists.weighed, found, np.nan)


def _matches(
    lists: CandidateLists, references: pa.ChunkedArray
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Samples (n) with candidates and references, and the candidates (m) that are a reference."""
    whole = pa.chunked_array(references).combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    counts = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(len(whole), dtype=np.int64), counts.astype(np.int64))
    said, wanted, span = _codes(lists.answers, whole.flatten())
    pairs = np.unique((owner * span + wanted)[wanted >= 0])
    hit = (said >= 0) & np.isin(lists.owner * span + said, pairs)
    return np.asarray((lists.counts > 0) & (counts > 0)), np.asarray(hit)


Codes = npt.NDArray[np.int64]


def _codes(first: pa.Array, second: pa.Array) -> tuple[Codes, Codes, int]:
    """Both lists of texts as numbers of their normal forms, -1 for none, and how many there are.

    Each distinct text is normalised once.
    """
    both = pa.concat_arrays([first.cast(pa.string()), second.cast(pa.string())])
    coded = both.dictionary_encode()
    forms: dict[str, int] = {}
    texts = coded.dictionary.to_pylist()
    table = np.array([forms.setdefault(normalise(text), len(forms)) for text in texts], np.int64)
    indices = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    codes = np.where(indices >= 0, table[indices], -1) if len(table) else indices
    return codes[: len(first)], codes[len(first) :], len(forms)
