"""Whatever measures, causes and rules say is known to gettext, so that pages can translate it."""

from collections.abc import Iterator

import numpy as np
from django.utils import translation

from diagnostics.science.causes.catalogue import CAUSES
from diagnostics.science.causes.evidence import COLUMNS
from diagnostics.science.causes.rules import RULES, THRESHOLDS
from diagnostics.science.measures.registry import MEASURES
from diagnostics.science.measures.results import Figure, Result, Value
from diagnostics.science.measures.samples import NUMBERS, Samples, Vectors
from diagnostics.templatetags.measured import all_said
from tests.diagnostics.science.measures.making import samples_of
from tests.triage.test_languages import CATALOGUE, entries

# Names of people and of one letter are the same in every language.
NAMES = {"", "AUROC", "DeLong", "Clopper–Pearson", "Newcombe", "Cochran–Armitage"}


def rich_samples(seed: int = 1, n: int = 1200) -> Samples:
    """Samples that carry everything that a measure reads."""
    rng = np.random.default_rng(seed)
    shares = {name: rng.random(n) for name in NUMBERS}
    shares["reference_rank"] = rng.integers(1, 7, n).astype(float)
    for name in ("image_only_same", "text_only_same", "attention_hit"):
        shares[name] = rng.integers(0, 2, n).astype(float)
    names = {
        "split": ["train", "val", "test", "ood"],
        "question_type": ["counting", "position"],
        "template": ["where", "how many"],
        "category": ["circle", "square"],
        "difficulty": ["easy", "hard"],
        "domain": ["scenes", "drawings"],
        "answer": ["left", "two", "right"],
    }
    groups = {name: list(rng.choice(values, n)) for name, values in names.items()}
    vectors = [
        Vectors(np.arange(n), rng.normal(size=(n, 8)).astype(np.float32), one_space=True)
        for _ in range(3)
    ]
    return samples_of(
        rng.integers(0, 2, n).astype(float),
        groups,
        shares,
        losses=rng.random((n, 12)),
        reference_counts=rng.integers(1, 6, (n, 3)).astype(float),
        image_vectors=vectors[0],
        text_vectors=vectors[1],
        state_vectors=vectors[2],
    )


def said_by(result: Result) -> Iterator[str]:
    """Every text of a result that is not the project's own data."""
    yield result.note
    for figure in result.figures:
        yield from (figure.words, figure.note, figure.of)
        yield from hows(figure)
    for table in result.tables:
        yield from (table.words, table.label, table.note, table.of, *table.columns)
        for row in table.rows:
            yield row.badge
            yield from (value.how for value in row.values)
    for chart in result.charts:
        yield from (chart.words, chart.x_words, chart.y_words)
        yield from (series.words for series in chart.series)


def hows(figure: Figure) -> Iterator[str]:
    values: tuple[Value | None, ...] = (figure.value, figure.beside)
    yield from (value.how for value in values if value is not None)


def test_every_word_of_a_measure_is_known_to_gettext() -> None:
    words = set(entries(CATALOGUE / "django.po")) | NAMES
    for samples in (rich_samples(), rich_samples(n=30), samples_of([1.0, 0.0])):
        for measure in MEASURES:
            said = {measure.title, measure.question, *said_by(measure.compute(samples))}
            assert said - words == set(), measure.name


def test_every_word_of_causes_evidence_and_rules_is_known_to_gettext() -> None:
    words = set(entries(CATALOGUE / "django.po"))
    said = {each.description for each in COLUMNS} | {each.words for each in THRESHOLDS}
    said |= {each.sentence for each in RULES}
    for cause in CAUSES:
        said |= {cause.title, cause.sentence, cause.fix, cause.why_ease, cause.experiment}
    assert said - words == set()


def test_the_fields_that_a_measure_lacks_are_listed_as_the_reader_writes_lists() -> None:
    with translation.override("en"):
        assert all_said(["loss", "split (with train rows)"]) == "loss, split (with train rows)"
        assert all_said([]) == ""
    with translation.override("zh-hans"):
        assert all_said(["loss", "split (with train rows)"]) == "loss、split（含 train 行）"
