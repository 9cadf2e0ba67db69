"""Whether image and text speak of the same: pairs that match and that do not, words and sight."""

import numpy as np

from annotations.science.suspicion.mismatch import roc_curve
from diagnostics.science.measures.results import (
    Behind,
    Chart,
    Figure,
    Measure,
    Result,
    Row,
    Series,
    Table,
    Value,
)
from diagnostics.science.measures.samples import Floats, Groups, Samples, Vectors
from diagnostics.science.measures.values import (
    difference_of,
    mean_difference,
    mean_of,
    named,
    share_of,
)
from triage.science.words import gettext_noop

LEAST = 20
BINS = 40
# k-means, and permutations of its answer, over at most this many samples.
MOST_CLUSTERED = 5_000
PERMUTATIONS = 200
MOST_CATEGORIES = 100


def compute(samples: Samples) -> Result:
    """Cosines of matched and mismatched pairs, and of regions and keywords; text clusters held
    against categories."""
    figures: list[Figure] = []
    tables: list[Table] = []
    charts: list[Chart] = []
    absent: list[str] = []
    pairs = paired(samples)
    if pairs is None:
        absent.append(gettext_noop("image_embedding and text_embedding in one space"))
    else:
        rows, image, text = pairs
        matched, mismatched = cosines(image, text)
        figures += _pair_figures(samples, rows, matched, mismatched)
        charts.append(_histogram(matched, mismatched))
        types = samples.group("question_type")
        if types is not None:
            tables.append(_by_type(types, rows, matched, mismatched))
    categories = samples.group("category")
    if samples.text_vectors is None:
        absent.append("text_embedding")
    elif categories is None:
        absent.append("category")
    else:
        figures += _agreement(samples, samples.text_vectors, categories)
    found, table = _regions(samples)
    figures += found
    tables += table
    absent += [] if found else [gettext_noop("region_embeddings and word_embeddings")]
    figures += _new_words(samples)
    return Result(tuple(figures), tuple(tables), tuple(charts), tuple(absent))


def _new_words(samples: Samples) -> list[Figure]:
    """Accuracy lost on questions with words that training hardly had."""
    novelty, chosen = samples.number("question_novelty"), samples.evaluated()
    if novelty is None:
        return []
    new = chosen & (novelty > 0)
    known = chosen & (novelty == 0)
    if min(new.sum(), known.sum()) < LEAST:
        return []
    sides = [(int((side & samples.error).sum()), int(side.sum())) for side in (new, known)]
    wrong = named(samples.position, new & samples.error, novelty)
    return [
        Figure(
            "new_words_share",
            gettext_noop("Questions with words that training hardly had"),
            share_of(int(new.sum()), int((new | known).sum())),
            behind=wrong,
        ),
        Figure(
            "new_words_gap",
            gettext_noop("Error rate of questions with new words minus the others"),
            difference_of(*sides),
            behind=wrong,
        ),
    ]


def paired(samples: Samples) -> tuple[np.ndarray, Floats, Floats] | None:
    """Rows of samples with both embeddings in one space, and both as unit vectors (m, d)."""
    image, text = samples.image_vectors, samples.text_vectors
    if image is None or text is None or not (image.one_space and text.one_space):
        return None
    rows, own, other = np.intersect1d(image.rows, text.rows, return_indices=True)
    if len(rows) < 2:
        return None
    return rows, _unit(image.values[own]), _unit(text.values[other])


def cosines(image: Floats, text: Floats) -> tuple[Floats, Floats]:
    """Cosines (m) of each image with its own text, and with that of another sample.

    The other is the next in a seeded order, so that every text is used once and none is its own.
    """
    order = np.random.default_rng(0).permutation(len(image))
    other = np.empty_like(order)
    other[order] = np.roll(order, 1)
    matched = np.einsum("ij,ij->i", image, text)
    return matched, np.einsum("ij,ij->i", image, text[other])


def overlap(first: Floats, second: Floats) -> float:
    """Overlap coefficient (Inman and Bradley 1989) of two histograms: 0 apart, 1 the same."""
    edges = np.linspace(-1, 1, BINS + 1)
    shares = [np.histogram(each, edges)[0] / max(len(each), 1) for each in (first, second)]
    return float(np.minimum(*shares).sum())


def _pair_figures(
    samples: Samples, rows: np.ndarray, matched: Floats, mismatched: Floats
) -> list[Figure]:
    roc = _auroc(matched, mismatched)
    error = samples.error[rows]
    weak = np.zeros(len(samples), dtype=bool)
    weak[rows[error & (matched < np.quantile(mismatched, 0.5))]] = True
    cosine = np.full(len(samples), np.inf)
    cosine[rows] = matched
    wrong = named(samples.position, samples.error & np.isfinite(cosine), -cosine)
    return [
        Figure("matched", gettext_noop("Cosine of matched pairs"), mean_of(matched), behind=wrong),
        Figure("mismatched", gettext_noop("Cosine of mismatched pairs"), mean_of(mismatched)),
        Figure(
            "pairs_auroc",
            gettext_noop("How well the cosine tells matched from mismatched (AUROC)"),
            roc,
            gettext_noop(
                "0.5 would be a coin: image and text would have nothing to do with each other."
            ),
            wrong,
        ),
        Figure(
            "pairs_overlap",
            gettext_noop("Overlap of the two distributions"),
            Value(overlap(matched, mismatched), "number", count=len(rows)),
            gettext_noop("0 apart, 1 the same."),
            wrong,
        ),
        Figure(
            "cosine_gap",
            gettext_noop("Cosine of matched pairs: errors minus right answers"),
            mean_difference(matched[error], matched[~error]),
            behind=wrong,
        ),
        Figure(
            "weak_pairs",
            gettext_noop(
                "Errors whose image and text are less alike than half of the mismatched pairs"
            ),
            Value(int(weak.sum()), "count", count=int(error.sum())),
            behind=named(samples.position, weak, -cosine),
        ),
    ]


def _auroc(matched: Floats, mismatched: Floats) -> Value:
    labels = np.repeat([True, False], [len(matched), len(mismatched)])
    roc = roc_curve(labels, np.concatenate([matched, mismatched]))
    return Value(roc.auroc, "number", roc.low, roc.high, len(matched), "DeLong")


def _by_type(
    types: Groups,
    rows: np.ndarray,
    matched: Floats,
    mismatched: Floats,
    name: str = "pairs_by_type",
    words: str = gettext_noop("Pairs by question type"),
) -> Table:
    codes = types.codes[rows]
    found = []
    for code, label in enumerate(types.labels):
        here = codes == code
        if here.sum() < LEAST:
            continue
        values = (
            mean_of(matched[here]),
            mean_of(mismatched[here]),
            _auroc(matched[here], mismatched[here]),
        )
        found.append(Row(label, values, behind=Behind({"question_type": [label]})))
    found.sort(key=lambda row: row.values[2].value or 0.0)
    columns = (gettext_noop("matched"), gettext_noop("mismatched"), "AUROC")
    return Table(
        name, words, gettext_noop("Question type"), columns, tuple(found),
        gettext_noop("The weakest first: there the words say least about the picture."),
    )  # fmt: skip


def _histogram(matched: Floats, mismatched: Floats) -> Chart:
    both = np.concatenate([matched, mismatched])
    edges = np.linspace(both.min(), both.max() + 1e-9, BINS + 1)
    middles = tuple(((edges[1:] + edges[:-1]) / 2).tolist())
    series = []
    for words, values in (
        (gettext_noop("matched pairs"), matched),
        (gettext_noop("mismatched pairs"), mismatched),
    ):
        counts, _ = np.histogram(values, edges)
        shares = tuple((counts / counts.sum()).tolist())
        series.append(Series(words, middles, shares, counts=tuple(counts.tolist())))
    return Chart(
        "pairs",
        gettext_noop("Matched and mismatched pairs"),
        "line",
        gettext_noop("cosine"),
        gettext_noop("share of pairs"),
        tuple(series),
    )


def _regions(samples: Samples) -> tuple[list[Figure], list[Table]]:
    """Cosine of keywords with the best region of their picture and of another; nothing of fewer
    than two samples."""
    matched, mismatched = (samples.number(f"region_word_{n}") for n in ("similarity", "mismatched"))
    if matched is None or mismatched is None:
        return [], []
    rows = np.flatnonzero(np.isfinite(matched) & np.isfinite(mismatched))
    if len(rows) < 2:
        return [], []
    own, other = matched[rows], mismatched[rows]
    here = samples.evaluated() & np.isfinite(matched)
    wrong, right = here & samples.error, here & ~samples.error
    behind = named(samples.position, wrong, -matched)
    figures = [
        Figure(
            "region_words_matched",
            gettext_noop("Cosine of keywords with the region most like them"),
            mean_of(own),
            gettext_noop(
                "Averaged over the words of a question that name a thing or what it is like."
            ),
            behind,
        ),
        Figure(
            "region_words_mismatched",
            gettext_noop("Cosine of keywords with the most alike region of another picture"),
            mean_of(other),
        ),
        Figure(
            "region_words_auroc",
            gettext_noop("How well regions and keywords tell the own picture from another (AUROC)"),
            _auroc(own, other),
            gettext_noop("0.5 would be a coin: the words would not be found among the regions."),
            behind,
        ),
        Figure(
            "region_words_gap",
            gettext_noop("Cosine of keywords and regions: errors minus right answers"),
            mean_difference(matched[wrong], matched[right]),
            behind=behind,
        ),
    ]
    types = samples.group("question_type")
    if types is None:
        return figures, []
    words = gettext_noop("Regions and keywords by question type")
    return figures, [_by_type(types, rows, own, other, "region_words_by_type", words)]


def _agreement(samples: Samples, text: Vectors, categories: Groups) -> list[Figure]:
    """Whether k-means of the texts finds the visual categories: adjusted Rand and NMI.

    The p-value is the share of permuted categories that agree as well. Behind: samples whose text
    lies in a cluster where another category is the commonest.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    known = categories.codes[text.rows] >= 0
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.permutation(np.flatnonzero(known))[:MOST_CLUSTERED])
    codes = categories.codes[text.rows[chosen]]
    kinds = len(np.unique(codes))
    if not 2 <= kinds <= MOST_CATEGORIES or len(chosen) < 2 * kinds:
        return []
    vectors = _unit(text.values[chosen])
    # Texts that are all the same, or nearly so, have no clusters to compare.
    clusters = min(kinds, len(np.unique(vectors.round(6), axis=0)))
    if clusters < 2:
        return []
    labels = KMeans(clusters, n_init=3, random_state=0).fit_predict(vectors)
    rand = float(adjusted_rand_score(codes, labels))
    chance = [
        adjusted_rand_score(rng.permutation(codes), labels) >= rand for _ in range(PERMUTATIONS)
    ]
    p_value = (1 + sum(chance)) / (1 + PERMUTATIONS)
    shared = float(normalized_mutual_info_score(codes, labels))
    count = len(chosen)
    astray = np.zeros(len(samples), dtype=bool)
    astray[text.rows[chosen[codes != commonest(labels, codes)]]] = True
    behind = named(samples.position, astray, samples.error.astype(np.float64))
    return [
        Figure(
            "text_categories_rand",
            gettext_noop("Agreement of text clusters with visual categories (adjusted Rand)"),
            Value(rand, "number", count=count, how=gettext_noop("permutation"), p=p_value),
            gettext_noop(
                "0 is chance, 1 the same groups. Listed: samples whose text lies among those of "
                "another category."
            ),
            behind,
        ),
        Figure(
            "text_categories_information",
            gettext_noop("The same as normalised mutual information"),
            Value(shared, "number", count=count),
            behind=behind,
        ),
    ]


def commonest(clusters: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The commonest code (n) of each entry's cluster; the lowest of equally common ones."""
    counts = np.zeros((int(clusters.max()) + 1, int(codes.max()) + 1), dtype=np.int64)
    np.add.at(counts, (clusters, codes), 1)
    return np.asarray(counts.argmax(axis=1)[clusters])


def _unit(vectors: np.ndarray) -> Floats:
    """Rows of length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


MEASURE = Measure(
    "semantic_gap",
    gettext_noop("Semantic gap"),
    gettext_noop("Do image and text lie close where they belong together?"),
    compute,
)
