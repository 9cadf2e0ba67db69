"""From a run's files to what experiments train and test on.

What people said is added by whoever knows it; here is what the record holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from PIL import Image

from diagnostics.science.columns.gathering import group_of
from diagnostics.science.columns.words_by_role import WORD
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import TrainingRefused
from diagnostics.science.experiments.material.columns import (
    Columns,
    RunSource,
    read_columns,
    texts_of,
)
from diagnostics.science.experiments.material.imputation import missing_text
from diagnostics.science.experiments.material.regions import (
    GRID,
    Regions,
    describe_regions,
    regions_of_embeddings,
)
from diagnostics.science.measures.samples import Bools, Floats, Groups
from triage.science.progress import Progress
from triage.science.words import gettext_noop

# Of a larger run a seeded draw of this many samples is trained and tested on.
MOST_SAMPLES = 50_000
# A column with more names is no stratum to read results by.
MOST_STRATA = 30
# How many times each picture is varied for augmentation.
VARIATIONS = 2
_STRATA = ("question_type", "split", "domain", "category", "difficulty")
BOTH, NO_IMAGE, NO_TEXT = (
    gettext_noop("picture and question"),
    gettext_noop("no picture"),
    gettext_noop("no question"),
)
KNOWN, NEW = (
    gettext_noop("words that training has"),
    gettext_noop("a word that training never has"),
)


@dataclass(frozen=True)
class Gathered:
    """The material, and how many samples of how many it holds."""

    material: Material
    samples: int
    of: int


def gather_material(
    source: RunSource,
    *,
    target: RunSource | None = None,
    seed: int = 0,
    most: int = MOST_SAMPLES,
    variations: int = VARIATIONS,
    progress: Progress = lambda share, step: None,
) -> Gathered:
    """The samples of a run as an experiment reads them, and those of another run as its target.

    Regions are described once for both runs, fitted on this run's training pictures alone. A sample
    without a split is taken for an evaluation sample. Nothing in it depends on how the run is cut
    into parts; the same seed gives the same bits.
    Raises TrainingRefused where the target's embeddings are of another length.
    """
    progress(0.0, gettext_noop("Reading samples"))
    own = read_columns(source, seed, most)
    runs = [own] if target is None else [own, read_columns(target, seed, most)]
    progress(0.1, gettext_noop("Describing pictures"))
    described, images = _described(runs, np.random.default_rng(seed), variations, progress)
    progress(0.95, gettext_noop("Putting it together"))
    known = _vocabulary(own)
    found = [
        _material(columns, described, image, known)
        for columns, image in zip(runs, images, strict=True)
    ]
    whole = found[0] if target is None else replace(found[0], target=found[1])
    return Gathered(whole, len(whole), own.of)


def outline_material(
    source: RunSource, *, target: RunSource | None = None, seed: int = 0, most: int = MOST_SAMPLES
) -> Material:
    """The same samples before any picture is described: regions are zeros, of the same shape.

    Enough to tell what an experiment lacks, in a fraction of the time. A picture that is named is
    taken to be there, unless none was when the run was imported.
    """
    own = read_columns(source, seed, most)
    runs = [own] if target is None else [own, read_columns(target, seed, most)]
    known = _vocabulary(own)
    found = [_outlined(columns, known) for columns in runs]
    return found[0] if target is None else replace(found[0], target=found[1])


def _outlined(columns: Columns, known: frozenset[str]) -> Material:
    pictured, embedded = int((columns.picture >= 0).sum()), len(columns.vectors[0])
    if columns.source.pictured and pictured and pictured >= embedded:
        cells = GRID[0] * GRID[1]
        values = np.zeros((len(columns.paths), cells, 1), dtype=np.float32)
        seen = np.ones(len(columns.paths), dtype=bool)
        return _material(columns, Regions(values, GRID, seen, values[None]), columns.picture, known)
    image = np.full(columns.table.num_rows, -1, dtype=np.int64)
    image[columns.vectors[0]] = np.arange(embedded)
    values = np.zeros((embedded, 1, 1), dtype=np.float32)
    described = Regions(values, None, np.ones(embedded, dtype=bool))
    return _material(columns, described, image, known)


def _described(
    runs: Sequence[Columns], rng: np.random.Generator, variations: int, progress: Progress
) -> tuple[Regions, list[np.ndarray]]:
    """Regions of the pictures of all runs, and for each run which of them its samples show (n).

    From pictures, or from embeddings where more of the first run's samples have one.
    """
    training = _on_training_pictures(runs)
    embedded = len(runs[0].vectors[0])
    pictured = int((runs[0].picture >= 0).sum())
    if pictured:
        regions = describe_regions(
            _opened(runs, progress), rng, variations, training=training, processes=2
        )
        images, first = [], 0
        for run in runs:
            images.append(_shown(run.picture, first, regions.seen))
            first += len(run.paths)
        if int((images[0] >= 0).sum()) >= embedded:
            return regions, images
    if embedded:
        return _of_embeddings(runs)
    nothing = Regions(np.zeros((0, 1, 1), dtype=np.float32), None, np.zeros(0, dtype=bool))
    return nothing, [np.full(run.table.num_rows, -1, dtype=np.int64) for run in runs]


def _on_training_pictures(runs: Sequence[Columns]) -> Bools:
    """Which pictures of all runs the first run's training shows."""
    shown = np.zeros(sum(len(run.paths) for run in runs), dtype=bool)
    rows = runs[0].trained & (runs[0].picture >= 0)
    shown[runs[0].picture[rows]] = True
    return shown


def _opened(runs: Sequence[Columns], progress: Progress) -> Iterator[Image.Image | None]:
    """The pictures one after another, each read once."""
    whole = sum(len(run.paths) for run in runs)
    done = 0
    for run in runs:
        for path in run.paths:
            yield run.source.load_image(path)
            done += 1
            if done % 500 == 0:
                progress(0.1 + 0.6 * done / whole, gettext_noop("Describing pictures"))


def _shown(picture: np.ndarray, first: int, seen: Bools) -> np.ndarray:
    """The row of the regions that each sample shows; -1 where its picture shows nothing."""
    rows = np.where(picture >= 0, picture + first, -1)
    return np.where((rows >= 0) & np.append(seen, False)[rows], rows, -1).astype(np.int64)


def _of_embeddings(runs: Sequence[Columns]) -> tuple[Regions, list[np.ndarray]]:
    """One region a sample that brought an embedding."""
    lengths = {run.vectors[1].shape[1] for run in runs if len(run.vectors[0])}
    if len(lengths) > 1:
        raise TrainingRefused(
            "the embeddings of the two runs are of different length: one model cannot read both"
        )
    images, first, training = [], 0, []
    for number, run in enumerate(runs):
        rows, _ = run.vectors
        image = np.full(run.table.num_rows, -1, dtype=np.int64)
        image[rows] = first + np.arange(len(rows))
        first += len(rows)
        images.append(image)
        training.append(run.trained[rows] if number == 0 else np.zeros(len(rows), dtype=bool))
    values = np.concatenate([run.vectors[1] for run in runs if len(run.vectors[0])])
    regions = regions_of_embeddings(values, np.concatenate(training))
    return regions, [_shown(image, 0, regions.seen) for image in images]


def _material(
    columns: Columns, described: Regions, image: np.ndarray, known: frozenset[str]
) -> Material:
    table, source = columns.table, columns.source
    questions = _questions(table)
    answers = tuple(tuple(each or ()) for each in table["answers"].to_pylist())
    return Material(
        sample_id=texts_of(table["sample_id"]),
        position=table["position"].to_numpy().astype(np.int64),
        split=texts_of(table["split"], "test"),
        question=questions,
        answers=answers,
        image=image,
        regions=described.values,
        grid=described.grid,
        varied=described.varied,
        looked_at=_looked_at(columns, described),
        loss=columns.loss,
        strata=_strata(table) | _derived_strata(questions, image, columns.trained, known),
        rule=source.rule,
        checksum=source.checksum,
    )


def _questions(table: pa.Table) -> tuple[str, ...]:
    """Each question with the context that came with it."""
    pairs = zip(table["question"].to_pylist(), table["context"].to_pylist(), strict=True)
    return tuple(f"{text} {more}" if more else (text or "") for text, more in pairs)


def _looked_at(columns: Columns, described: Regions) -> Floats | None:
    """Share of each cell in the true boxes (n, r): each box counts alike; None without any."""
    boxes, grid = columns.boxes, described.grid
    if grid is None or not len(boxes.owner):
        return None
    shares = _cell_shares(np.clip(boxes.values, 0.0, 1.0), grid)
    found = np.zeros((columns.table.num_rows, shares.shape[1]))
    np.add.at(found, boxes.owner, shares)
    sums = found.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(found, sums, out=np.zeros_like(found), where=sums > 0))


def _cell_shares(boxes: Floats, grid: tuple[int, int]) -> Floats:
    """How much of each box (m, 4) in 0..1 lies in each cell of the grid, (m, r)."""
    down = _along(boxes[:, 1], boxes[:, 3], grid[0])
    across = _along(boxes[:, 0], boxes[:, 2], grid[1])
    inside = (down[:, :, None] * across[:, None, :]).reshape(len(boxes), -1)
    areas = inside.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(inside, areas, out=np.zeros_like(inside), where=areas > 0))


def _along(low: Floats, high: Floats, cells: int) -> Floats:
    """Length (m, c) that low..high shares with each of `cells` equal parts of 0..1."""
    edges = np.arange(cells + 1) / cells
    shared = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    return np.asarray(np.maximum(shared, 0.0))


def _strata(table: pa.Table) -> dict[str, Groups]:
    """The record's columns of few names, those with one name left out (a question type is read)."""
    found = {name: group_of(table[name]) for name in _STRATA}
    return {
        name: group
        for name, group in found.items()
        if (name == "question_type" or len(group.labels) > 1)
        and 0 < len(group.labels) <= MOST_STRATA
    }


def _derived_strata(
    questions: Sequence[str], image: np.ndarray, trained: Bools, known: frozenset[str]
) -> dict[str, Groups]:
    """Whether a modality is missing, and whether a question has a word that training never has."""
    found = {}
    modality = np.zeros(len(questions), dtype=np.int32)
    modality[image < 0] = 1
    modality[missing_text(questions)] = 2
    if (image >= 0).any() and len(np.unique(modality)) > 1:
        found["modality"] = Groups(modality, (BOTH, NO_IMAGE, NO_TEXT))
    novel: dict[str, bool] = {}
    for text in questions:
        if text not in novel:
            novel[text] = not known.issuperset(_words(text))
    new = np.array([novel[text] for text in questions], dtype=np.int32)
    if known and 0 < new[~trained].sum() < (~trained).sum():
        found["wording"] = Groups(new, (KNOWN, NEW))
    return found


def _vocabulary(columns: Columns) -> frozenset[str]:
    """All words of the training questions."""
    texts = _questions(columns.table.filter(pa.array(columns.trained)))
    return frozenset(word for text in set(texts) for word in _words(text))


def _words(text: str) -> set[str]:
    return {hit.group().lower() for hit in WORD.finditer(text)}
