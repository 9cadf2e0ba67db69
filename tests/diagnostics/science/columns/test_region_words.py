"""Keywords against regions: hand-worked cosines, and pairs that never share a picture."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from diagnostics.diagnosis.diagnosing import diagnose_run
from diagnostics.science.columns.gathering import Sources, gather
from diagnostics.science.columns.region_words import (
    is_keyword,
    keyword_vectors,
    other_pictures,
    region_word_numbers,
    similarity,
)
from diagnostics.science.measures.samples import Samples
from tests.annotations.audit_factories import (
    error_rows,
    ingest_run,
    make_member,
    make_project_of,
)


def test_a_keyword_is_held_against_the_region_most_like_it() -> None:
    # (3, 4) and the first axis: 3/5; and the second: 4/5. (1, 0): 1 and 0. The mean of 0.8 and 1.
    words = keyword_vectors([("cup", [3.0, 4.0]), ("the", [9.0, 9.0]), ("red", [2.0, 0.0])])

    assert similarity(words, np.eye(2)) == pytest.approx(0.9)


@pytest.mark.parametrize("token", ["cup", "red", "Cup", "Ġcup", "▁cup", "##cup", " cup", "杯子"])
def test_words_that_name_what_is_shown_are_keywords(token: str) -> None:
    assert is_keyword(token)


@pytest.mark.parametrize(
    "token", ["the", "How", "Ġis", "left", "two", "3", "?", "", "[CLS]", "</s>", "▁"]
)
def test_words_that_no_region_shows_are_none(token: str) -> None:
    assert not is_keyword(token)


def test_nobody_is_paired_with_its_own_picture() -> None:
    pictures = ["a"] * 4 + ["b"] * 3 + [None] * 5

    other = other_pictures(pictures, seed=3)

    assert (other >= 0).all()
    for place, partner in enumerate(other.tolist()):
        assert place != partner
        assert pictures[place] is None or pictures[place] != pictures[partner]
    assert other.tolist() == other_pictures(pictures, seed=3).tolist()


@pytest.mark.parametrize("pictures", [[], [None], ["a"], ["a"] * 6])
def test_without_another_picture_there_is_no_pair(pictures: list[str | None]) -> None:
    assert (other_pictures(pictures, seed=0) == -1).all()


def gathered(rows: list[dict]) -> Samples:
    run = ingest_run(make_project_of(), rows)
    return gather(Sources(run.folder, run.scoring), image_size=lambda path: None)


def described_rows() -> list[dict]:
    """Each picture has one region along an axis of its own; its keyword lies 60° off that axis."""
    rows = error_rows(3, right=5)
    for number, row in enumerate(rows):
        axis, beside = np.eye(16)[number], np.eye(16)[8 + number]
        row["image"] = f"p{number}.png"
        row["region_embeddings"] = [(7 * axis).tolist()]
        row["word_embeddings"] = {
            "cups": (0.5 * axis + 0.75**0.5 * beside).tolist(),
            "how": axis.tolist(),
        }
    return rows


@pytest.mark.django_db
def test_each_sample_of_a_run_has_its_own_similarity_and_that_of_another_picture() -> None:
    rows = described_rows()
    del rows[1]["region_embeddings"], rows[2]["word_embeddings"]
    rows[4]["word_embeddings"] = {"how": [1.0] + [0.0] * 15}

    samples = gathered(rows)

    own = samples.numbers["region_word_similarity"]
    other = samples.numbers["region_word_mismatched"]
    known = [0, 3, 5, 6, 7]
    assert np.flatnonzero(np.isfinite(own)).tolist() == known
    assert own[known] == pytest.approx(np.full(5, 0.5))
    assert other[known] == pytest.approx(np.zeros(5), abs=1e-6)


@pytest.mark.django_db
def test_a_run_without_the_fields_has_no_similarity() -> None:
    assert "region_word_similarity" not in gathered(error_rows(2, right=2)).numbers


@pytest.mark.django_db
def test_a_run_of_an_older_record_is_gathered_all_the_same() -> None:
    run = ingest_run(make_project_of(), error_rows(2, right=2))
    folder = run.folder
    later = {"region_embeddings", "word_embeddings", "hidden_state"}
    for path in folder.sample_parts():
        table = pq.read_table(path)
        pq.write_table(table.drop_columns(sorted(later)), path)

    samples = gather(Sources(folder, run.scoring), image_size=lambda path: None)

    assert len(samples) == 4
    assert samples.state_vectors is None
    assert region_word_numbers(folder, 4) == {}


@pytest.mark.django_db
def test_the_diagnosis_shows_regions_against_keywords_with_the_samples_behind(client) -> None:
    run = ingest_run(make_project_of(), described_rows())
    client.force_login(make_member(run.project, "lead"))

    diagnose_run(run)

    page = client.get(reverse("diagnostics:diagnosis", args=[run.pk])).content.decode()
    assert "Cosine of keywords with the region most like them" in page
    assert "region_embeddings and word_embeddings" not in page
