"""Files as tools leave them: found, laid side by side, taken apart, or refused in plain words."""

import gzip
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.triage.imports.bringing import bring, counts, one, samples, seen, verdicts, write
from triage.imports.importing import ImportRefused, look
from triage.imports.outcome import document_of

pytestmark = pytest.mark.django_db

ROWS = [
    {"id": n, "question": "Which?", "answer": "sea", "pred": "sea" if n else "lake"}
    for n in range(3)
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def test_a_workbook_of_vlmevalkit_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["index", "question", "A", "B", "answer", "prediction", "hit"])
    for n, (said, hit) in enumerate([("A", 1), ("B", 0), (None, 0)]):
        book.active.append([n, "Which?", "None", "NA", "A", said, hit])
    sink = io.BytesIO()
    book.save(sink)

    run = one(tmp_path, "m_SET.xlsx", sink.getvalue())

    assert (run.profile, counts(run)) == ("vlmevalkit", (3, 2, 0))
    assert samples(run)[0]["options"] == ["None", "NA"]
    assert run.outcome["read"]["no_answer"] == 1


def test_a_folder_of_parts_is_one_run(tmp_path: Path) -> None:
    write(tmp_path / "run", {"part1.jsonl": ROWS[:2], "part2.jsonl": ROWS[2:], "notes.md": "x"})
    (plan,) = look([(tmp_path / "run", "run")], tmp_path / "unpacked")
    assert sorted(row["id"] for row in plan.rows) == [0, 1, 2]


def test_a_table_without_a_line_of_names_keeps_its_first_row(tmp_path: Path) -> None:
    text = "1.jpg\tIs it wet?\tYes\tYes\n1.jpg\tIs it dry?\tNo\tYes\n2.jpg\tIs it far?\tYes\tYes\n"
    run = one(tmp_path, "set.txt", text)
    assert (run.profile, verdicts(run)) == ("mme", [False, True, False])
    assert run.outcome["notes"][0] == "no line of column names"


def test_an_inspect_log_is_read_by_the_verdicts_in_it(tmp_path: Path) -> None:
    asked = {"role": "user", "content": [{"type": "text", "text": "Wet?"}, {"type": "image", "image": "1.png"}]}  # fmt: skip
    told = [
        {
            "id": n,
            "epoch": 1,
            "input": [asked],
            "target": "yes",
            "output": {"choices": [{"message": {"role": "assistant", "content": said}}]},
            "scores": {"match": {"value": verdict}},
        }
        for n, (said, verdict) in enumerate([("yes", "C"), ("no", "I")])
    ]
    log = json.dumps({"version": 2, "eval": {"model": "m/one"}, "samples": told}, indent=1)
    run = one(tmp_path, "log.json", log)
    assert (run.profile, run.model, verdicts(run)) == ("inspect", "m/one", [False, True])
    assert (samples(run)[0]["question"], samples(run)[0]["image"]) == ("Wet?", "1.png")


def test_an_object_that_holds_a_list_is_read(tmp_path: Path) -> None:
    assert counts(one(tmp_path, "out.json", json.dumps({"results": ROWS}, indent=2))) == (3, 1, 0)


def test_objects_set_apart_by_commas_are_all_read(tmp_path: Path) -> None:
    text = ",\n".join(json.dumps(row) for row in ROWS * 10)
    (plan,) = seen(tmp_path, {"p.json": text})
    assert len(plan.rows) == 30


def test_rows_of_two_models_are_two_runs(tmp_path: Path) -> None:
    rows = [
        {"id": n, "model": model, "question": "q", "answer": "sea", "prediction": said}
        for n in range(3)
        for model, said in (("a", "sea"), ("b", "lake"))
    ]
    runs = bring(tmp_path, {"p.jsonl": rows})
    assert [(run.model, run.samples, run.errors) for run in runs] == [("a", 3, 0), ("b", 3, 3)]


def test_questions_answers_and_right_answers_are_laid_side_by_side(tmp_path: Path) -> None:
    ask = "Is there a hen in the image?"
    files = {
        "answers.jsonl": [
            {"question_id": n, "prompt": ask, "text": "Yes", "answer_id": "x", "model_id": "m"}
            for n in (1, 2)
        ],
        "questions.jsonl": [
            {"question_id": n, "image": f"{n}.jpg", "text": f"{ask}\nAnswer briefly."}
            for n in (1, 2)
        ],
        "gold.json": [
            {"question_id": 500 + n, "image": f"{n}.jpg", "text": ask, "label": label}
            for n, label in ((1, "yes"), (2, "no"))
        ],
    }
    (run,) = bring(tmp_path, files)
    assert (run.scoring, verdicts(run)) == ("yes_no", [False, True])
    assert document_of(run)["notes"] == [
        "2 of 2 rows matched with questions.jsonl by question_id",
        "2 of 2 rows matched with gold.json by image + question",
    ]


def test_the_three_files_of_vqa_are_one_run(tmp_path: Path) -> None:
    votes = [{"answer": "sea", "answer_id": n, "answer_confidence": "yes"} for n in range(10)]
    about = [
        {"question_id": n, "image_id": n, "question_type": "what", "answer_type": "other", "answers": votes}
        for n in (10, 20)
    ]  # fmt: skip
    asked = [{"image_id": n, "question": "What is it?", "question_id": n} for n in (10, 20)]
    results = [{"question_id": 10, "answer": "sea"}, {"question_id": 20, "answer": "hill"}]
    files = {
        "annotations.json": json.dumps({"annotations": about, "data_subtype": "val2014"}),
        "questions.json": json.dumps({"questions": asked, "data_subtype": "val2014"}),
        "results.json": json.dumps(results),
    }
    (run,) = bring(tmp_path, files)
    assert (run.profile, run.scoring, verdicts(run)) == ("vqa", "vqa", [False, True])


def wide_csv() -> bytes:
    return (",".join(f"c{n}" for n in range(20_000)) + "\n").encode()


def gzip_of_empty_objects() -> bytes:
    return gzip.compress(b"[" + b"{}," * 25_000_000 + b"{}]", 9)


def parquet_of_one_long_text() -> bytes:
    sink = io.BytesIO()
    text = pa.array(["x" * 2_000_000]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), text.dictionary)
    pq.write_table(pa.table({"id": range(2_000), "pred": column}), sink, compression="zstd")
    return sink.getvalue()


def parquet_with_a_name_twice() -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["pred", "pred"])
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "made", "says"),
    [
        ("wide.csv", wide_csv, "has 20,000 columns: at most 2,000 are read"),
        ("bomb.json.gz", gzip_of_empty_objects, "unpacks to more than 200 times its size"),
        ("one.parquet", parquet_of_one_long_text, "holds values of 2,000,000 bytes in many rows"),
        ("twice.parquet", parquet_with_a_name_twice, "column names used twice: ['pred']"),
        ("deep.json", lambda: b"[" * 100_000, "not valid JSON"),
    ],
)
def test_a_hostile_file_is_refused_at_once(
    tmp_path: Path, name: str, made: Callable[[], bytes], says: str
) -> None:
    data = made()
    start = time.monotonic()
    with pytest.raises(ImportRefused) as caught:
        seen(tmp_path, {name: data})
    assert says in str(caught.value)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "deep", ["[" * 100_000 + "]" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000]
)
@pytest.mark.parametrize("field", ["answer", "pred", "other"])
def test_deep_nesting_refuses_its_row_and_no_other(tmp_path: Path, deep: str, field: str) -> None:
    row = {"id": 7, "question": "q", "answer": "sea", "pred": "sea"}
    line = json.dumps({**row, field: "DEEP"}).replace('"DEEP"', deep)
    start = time.monotonic()
    run = one(tmp_path, "deep.jsonl", LINES + line + "\n", leave=frozenset({"refused"}))
    assert counts(run) == (3, 1, 1)
    assert run.outcome["reasons"][0]["reason"].startswith("is not valid JSON")
    assert time.monotonic() - start < 10


def test_brackets_in_text_are_no_nesting(tmp_path: Path) -> None:
    text = "[" * 5_000
    run = one(tmp_path, "p.jsonl", [*ROWS, {**ROWS[0], "id": 9, "answer": text, "pred": text}])
    assert counts(run) == (4, 1, 0)
