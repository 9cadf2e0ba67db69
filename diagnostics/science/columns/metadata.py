"""Columns of a run's metadata that samples can be grouped by."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa

from diagnostics.science.measures.samples import Groups

# A column with more values is an identifier or a text, not a group.
MOST_VALUES = 200
MOST_COLUMNS = 40


def metadata_groups(column: pa.ChunkedArray) -> dict[str, Groups]:
    """`meta.<name>` for every key whose values are names or whole numbers, few and repeated.

    `column`: the record's metadata as JSON texts, null where there is none. Each distinct text is
    read once.
    """
    coded = pa.chunked_array(column).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray) or not len(coded.dictionary):
        return {}
    rows = [_flat(text) for text in coded.dictionary.to_pylist()]
    indices = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    keys = Counter(key for row in rows for key in row)
    found = {}
    for key, _ in keys.most_common(MOST_COLUMNS):
        labels: dict[str, int] = {}
        table = np.array(
            [labels.setdefault(row[key], len(labels)) if key in row else -1 for row in rows],
            dtype=np.int32,
        )
        codes = np.where(indices >= 0, table[indices], -1).astype(np.int32)
        if 1 < len(labels) <= MOST_VALUES and len(labels) < (codes >= 0).sum():
            found[f"meta.{key}"] = Groups(codes, tuple(labels))
    return found


def _flat(text: str) -> dict[str, str]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(read, dict):
        return {}
    return {str(key): str(value) for key, value in read.items() if isinstance(value, str | int)}
