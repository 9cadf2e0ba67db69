"""What a run comes to: every rule tried, where judge and rule differ, refusals with their cures."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from triage.science.ingest.ingesting import IngestResult, NeedsWord, NothingToImport, ingest
from triage.science.ingest.tally import reasons, trials
from triage.science.readers import open_reader
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS, Refusal
from triage.science.store.store import DataRoot

NAMES = [field.name for field in FIELDS]


def row(number: int, said: str = "sea", **more: Any) -> dict[str, Any]:
    return {"id": number, "question": "q", "answer": "sea", "pred": said, **more}


def taken(
    tmp_path: Path, rows: list[dict[str, Any]], rule: str = "exact", *leave: str
) -> IngestResult:
    source = tmp_path / "p.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in rows))
    reader = open_reader(source)
    folder = DataRoot(str(tmp_path / "data")).run(uuid.uuid4())
    mapping = propose(reader.columns(), NAMES)
    result = ingest(reader, source, folder, mapping=mapping, rule=rule, leave=frozenset(leave))
    assert folder.sample_parts()
    return result


def nothing_left(tmp_path: Path) -> bool:
    return not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_every_rule_that_means_something_is_tried(tmp_path: Path) -> None:
    rows = [row(n, "sea" if n % 2 else "Sea!", hit=n < 3) for n in range(4)]
    result = taken(tmp_path, rows, "given")
    by_rule = {each.rule: each for each in result.rules}
    assert list(by_rule) == ["given", "exact", "any_of", "anls"]
    assert by_rule["given"].accuracy == 0.75
    assert (by_rule["any_of"].agrees, by_rule["any_of"].differs) == (0.75, 1)
    (pair,) = by_rule["any_of"].pairs
    assert str(pair) == "3: “sea” — sea · judge 0, rule 1"
    assert result.judge_agreement == by_rule["exact"].agrees


@pytest.mark.parametrize(
    ("more", "rules"),
    [
        ({"answer": "12", "pred": "12"}, {"exact", "any_of", "numeric", "relaxed", "anls"}),
        ({"answer": "B", "pred": "B", "choices": ["x", "y"]}, {"choice"}),
        ({"answer": "yes", "pred": "yes"}, {"yes_no", "exact", "any_of"}),
        ({"answer": ["sea", "lake", "pond"], "pred": "sea"}, {"any_of", "exact", "vqa", "anls"}),
    ],
)
def test_rules_without_meaning_are_left_out(
    tmp_path: Path, more: dict[str, Any], rules: set[str]
) -> None:
    result = taken(tmp_path, [{**row(n), **more} for n in range(5)])
    assert {each.rule for each in result.rules} == rules


def test_no_rows_have_no_rules() -> None:
    assert trials(None) == []


def test_groups_are_right_where_all_their_rows_are(tmp_path: Path) -> None:
    rows = [row(n, said, group=f"g{n // 2}") for n, said in enumerate(["sea", "sea", "sea", "x"])]
    counts = taken(tmp_path, rows).counts
    assert (counts.groups, counts.groups_right) == (2, 1)


def test_refusals_are_put_together_by_kind_with_a_cure() -> None:
    refusals = [
        *[Refusal(n, "sample_id", f"'a{n}' is already used in row {n - 1}") for n in range(5, 9)],
        *[
            Refusal(n, "split", f"is 'fold{n}': a split is train, val, test or ood")
            for n in range(2)
        ],
        Refusal(3, "", "has 2 cells, the header has 4"),
        Refusal(9, "question", "something new"),
    ]
    found = reasons(refusals)
    assert [(each["field"], each["count"]) for each in found] == [
        ("sample_id", 4), ("split", 2), ("", 1), ("question", 1),
    ]  # fmt: skip
    assert found[0]["example"] == "row 5, sample_id: 'a5' is already used in row 4"
    assert "sample_id=id+question" in found[0]["cure"]
    assert "--map split=" in found[1]["cure"]
    assert "put it in quotes" in found[2]["cure"]
    assert found[3]["cure"] == ""


def test_more_than_one_refused_row_in_twenty_wants_a_word(tmp_path: Path) -> None:
    rows = [row(n, confidence=7 if n < 3 else 0.5) for n in range(40)]
    with pytest.raises(
        NeedsWord, match="3 of 40 rows are refused: 3 × row 1, confidence"
    ) as caught:
        taken(tmp_path, rows)
    assert caught.value.flag == "refused"
    assert nothing_left(tmp_path)
    assert taken(tmp_path, rows, "exact", "refused").refused == 3
    assert taken(tmp_path, [*rows[1:], row(90)]).refused == 2


def test_nearly_all_errors_want_a_word(tmp_path: Path) -> None:
    rows = [row(n, f"hill {n}") for n in range(25)]
    with pytest.raises(NeedsWord, match="25 of 25 samples would be errors by the rule 'exact': 0: “hill 0”") as caught:  # fmt: skip
        taken(tmp_path, rows)
    assert caught.value.flag == "doubtful"
    assert nothing_left(tmp_path)
    assert taken(tmp_path, rows, "exact", "doubtful").errors == 25
    # A few rows say nothing, and a rate of exactly 95 % is believed.
    assert taken(tmp_path, rows[:19]).errors == 19
    assert taken(tmp_path, [*rows[:19], row(90)]).errors == 19


def test_a_rule_that_contradicts_the_judge_wants_a_word(tmp_path: Path) -> None:
    rows = [row(n, "hill" if n < 4 else "sea", hit=1) for n in range(40)]
    with pytest.raises(NeedsWord, match="contradict each other in 4 of 40 rows: 0: “hill” — sea · judge 1, rule 0"):  # fmt: skip
        taken(tmp_path, rows)
    assert taken(tmp_path, rows, "given").errors == 0
    assert taken(tmp_path, rows, "exact", "doubtful").errors == 4


def test_nothing_to_score_by_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(NothingToImport, match="no reference answer and no verdict in the file"):
        taken(tmp_path, [{"id": 1, "pred": "sea"}], "given")
    with pytest.raises(NothingToImport, match="the scoring rule 'given' needs a column mapped to 'correct'"):  # fmt: skip
        taken(tmp_path, [row(1)], "given")
