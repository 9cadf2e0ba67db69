"""Curation: what becomes of each sample, and why."""

import pyarrow as pa
import pytest

from annotations.science.curation.curation import Judgement, Recipe, count, decide, decided_schema

SAMPLES = pa.table(
    {
        "sample_id": ["a", "b", "c", "d", "e", "f", "g", "h"],
        "answers": [["x"]] * 8,
        "credit": [0.0] * 8,
    }
)
VERDICTS = {
    "a": Judgement("match"),
    "b": Judgement("mismatch"),
    "c": Judgement("wrong_answer", "y"),
    "d": Judgement("wrong_answer"),
    "e": Judgement("ambiguous"),
    "f": Judgement("unsure"),
    "g": Judgement("unusable"),
    "of another run": Judgement("mismatch"),
}


def rows(recipe: Recipe | None = None) -> dict[str, tuple[str, float]]:
    table = decide(SAMPLES, VERDICTS, recipe)
    return {row["sample_id"]: (row["decision"], row["weight"]) for row in table.to_pylist()}


def test_the_default_recipe_does_what_it_says() -> None:
    assert rows() == {
        "a": ("kept", 1.0),
        "b": ("dropped", 0.0),
        "c": ("corrected", 1.0),
        "d": ("dropped", 0.0),
        "e": ("kept", 0.5),
        "f": ("kept", 1.0),
        "g": ("kept", 1.0),
        "h": ("kept", 1.0),
    }


def test_every_row_says_why_and_which_verdict() -> None:
    table = decide(SAMPLES, VERDICTS).to_pylist()
    assert [row["verdict"] for row in table][-2:] == ["unusable", "unreviewed"]
    assert table[3]["why"] == "wrong_answer: dropped, no corrected answer was given"
    assert table[4]["why"] == "ambiguous: kept at weight 0.5"
    assert table[2]["corrected_answer"] == "y"
    assert table[0]["corrected_answer"] is None


def test_a_recipe_can_be_changed() -> None:
    recipe = Recipe(
        drop=frozenset({"unusable", "unreviewed"}), correct=frozenset(), weights={"mismatch": 0.25}
    )
    found = rows(recipe)
    assert found["b"] == ("kept", 0.25)
    assert found["c"] == ("kept", 1.0)
    assert found["g"] == ("dropped", 0.0)
    assert found["h"] == ("dropped", 0.0)


def test_counts_add_up_and_batches_decide_alike() -> None:
    whole = decide(SAMPLES, VERDICTS)
    assert (count(whole).kept, count(whole).dropped, count(whole).corrected) == (5, 2, 1)
    assert count(whole).total == SAMPLES.num_rows
    parts = [decide(SAMPLES.slice(start, 3), VERDICTS) for start in (0, 3, 6)]
    assert pa.concat_tables(parts).to_pylist() == whole.to_pylist()


def test_no_rows_and_no_verdicts() -> None:
    empty = decide(SAMPLES.slice(0, 0), VERDICTS)
    assert empty.num_rows == 0
    assert empty.schema == decided_schema(SAMPLES.schema)
    assert count(empty).total == 0
    assert count(decide(SAMPLES, {})).kept == 8


def test_chunked_samples_are_decided_too() -> None:
    chunked = pa.concat_tables([SAMPLES.slice(0, 3), SAMPLES.slice(3)])
    assert decide(chunked, VERDICTS).to_pylist() == decide(SAMPLES, VERDICTS).to_pylist()


def test_columns_of_an_earlier_decision_give_way() -> None:
    again = decide(decide(SAMPLES, VERDICTS), {})
    assert again.schema.names == decided_schema(SAMPLES.schema).names
    assert count(again).kept == 8


def test_a_recipe_survives_its_manifest() -> None:
    recipe = Recipe(drop=frozenset({"unusable"}), weights={"match": 2})
    assert Recipe.from_dict(recipe.as_dict()) == recipe
    assert Recipe.from_dict({}) == Recipe()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"drop": frozenset({"bad"})}, "unknown verdicts: bad"),
        ({"correct": frozenset({"match"})}, "only wrong_answer"),
        ({"weights": {"match": -1.0}}, "weight of match"),
        ({"weights": {"match": float("nan")}}, "weight of match"),
    ],
)
def test_impossible_recipes_are_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Recipe(**parts)  # type: ignore[arg-type]


def test_unknown_verdicts_and_missing_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown verdicts: withdrawn"):
        decide(SAMPLES, {"a": Judgement("withdrawn")})
    with pytest.raises(ValueError, match="sample_id"):
        decide(pa.table({"question": ["?"]}), {})
