"""Influence as figures and a table: what the worst hundredth holds, who they are, worst first."""

import numpy as np
import pytest

from diagnostics.science.measures import noise_signals
from diagnostics.science.measures.influential import (
    ALSO_ITSELF,
    absent_fields,
    figures_of,
    tables_of,
)
from diagnostics.science.measures.samples import Samples, Vectors
from tests.diagnostics.science.measures.making import behind, samples_of, value

COUNT = 200


def influenced(harm: list[float], itself: list[float]) -> Samples:
    """Training samples with these influences, then as many evaluated ones without any."""
    count = len(harm)
    unknown = [np.nan] * count
    return samples_of(
        [1.0] * (2 * count),
        {"split": ["train"] * count + ["test"] * count, "answer": ["yes", "no"] * count},
        {"influence_on_errors": harm + unknown, "self_influence": itself + unknown},
    )


def test_the_worst_hundredth_of_what_is_harm() -> None:
    harm = [-1.0] * COUNT
    harm[7], harm[11], harm[20], harm[21] = 3.0, 5.0, 1.0, 1.0
    itself = [1.0] * COUNT
    itself[11] = 81.0

    result = noise_signals.compute(influenced(harm, itself))

    assert value(result, "harm_of_worst").value == pytest.approx(8 / 10)
    assert value(result, "harm_of_worst").count == COUNT
    assert behind(result, "harm_of_worst") == [22, 14]
    # Two of 200: the strong one, and one of those that are all the same.
    assert value(result, "self_influence_of_worst").value == pytest.approx(82 / 280)
    assert behind(result, "self_influence_of_worst") == [22, 0]


def test_the_table_names_the_most_harmful_first() -> None:
    harm = list(np.linspace(-1, 1, COUNT))
    itself = list(np.linspace(0, 1, COUNT))

    (table,) = tables_of(influenced(harm, itself))

    assert len(table.rows) == 20
    assert table.rows[0].values[0].value == 1.0
    assert [row.behind.positions for row in table.rows] == [((199 - n) * 2,) for n in range(20)]
    assert [row.label for row in table.rows[:3]] == ["no", "yes", "no"]
    assert [row.badge for row in table.rows[:3]] == [ALSO_ITSELF, ALSO_ITSELF, ""]


def test_samples_that_help_are_not_listed() -> None:
    (table,) = tables_of(influenced([-1.0, 0.0, 2.0, -3.0], [1.0] * 4))

    assert [row.behind.positions for row in table.rows] == [(4,)]


def test_where_nothing_harms_there_is_no_share() -> None:
    found = figures_of(influenced([-1.0] * 4, [1.0] * 4))[0]

    assert found.value.value is None
    assert found.behind is not None
    assert found.behind.positions == ()


def test_what_is_missing_is_named() -> None:
    bare = samples_of([1.0, 0.0])
    embedded = samples_of([1.0, 0.0], image_vectors=Vectors(np.arange(2), np.ones((2, 3), "f4")))

    assert figures_of(bare) == tables_of(bare) == ()
    assert absent_fields(bare) == ("hidden_state or image_embedding",)
    assert absent_fields(embedded) == ("split (with train rows)",)
    assert absent_fields(influenced([1.0], [1.0])) == ()


def test_influence_stands_beside_losses_and_without_them() -> None:
    samples = influenced([1.0] * COUNT, [1.0] * COUNT)

    alone = noise_signals.compute(samples)

    assert [figure.name for figure in alone.figures] == ["harm_of_worst", "self_influence_of_worst"]
    assert alone.absent == ("loss",)
    assert [table.name for table in alone.tables] == ["worst_training"]
