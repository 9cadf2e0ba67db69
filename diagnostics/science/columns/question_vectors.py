"""Vectors of questions for runs that bring no text embedding: words, weighted and reduced."""

import numpy as np
import pyarrow as pa

from diagnostics.science.measures.samples import Vectors

DIMENSIONS = 48


def question_vectors(questions: pa.ChunkedArray, rows: np.ndarray) -> Vectors | None:
    """TF-IDF of the questions at `rows` reduced by truncated SVD; None for fewer than 3 words.

    They lie in a space of their own: nothing is said of images by them.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = questions.take(pa.array(rows)).to_pylist()
    try:
        weighted = TfidfVectorizer(sublinear_tf=True, max_features=20_000).fit_transform(texts)
    except ValueError:  # Not a single word.
        return None
    size = min(DIMENSIONS, weighted.shape[1] - 1)
    if size < 2 or len(rows) < 3:
        return None
    # Questions that are all the same have no variance to explain.
    with np.errstate(invalid="ignore"):
        values = TruncatedSVD(size, random_state=0).fit_transform(weighted)
    return Vectors(np.asarray(rows, dtype=np.int64), values.astype(np.float32))
