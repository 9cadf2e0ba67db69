"""A file becomes a run's folder, whole or not at all."""

import io
import json
import uuid
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from triage.science.ingest.ingesting import NothingToImport, UnreadableFile, ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import (
    ColumnMapping,
    MappingError,
    merged,
    parse_assignments,
    propose,
)
from triage.science.record.records import FIELDS
from triage.science.store.browsing import RunBrowser, SampleFilter
from triage.science.store.images_archive import BadArchive, extract_images
from triage.science.store.store import DataRoot, RunFolder

NAMES = [field.name for field in FIELDS]


def row(number: int, **changes: Any) -> dict[str, Any]:
    made = {"sample_id": f"s{number}", "question": "How many?", "prediction": "2", "answers": ["2"]}
    return {**made, **changes}


def run_ingest(
    tmp_path: Path,
    rows: list[dict[str, Any]] | Path,
    *,
    mapping: ColumnMapping | None = None,
    rule: str = "exact",
    root: str | None = None,
    image_root: Path | None = None,
) -> tuple[Any, RunFolder]:
    source = rows
    if isinstance(rows, list):
        source = tmp_path / "rows.jsonl"
        source.write_text("".join(json.dumps(each) + "\n" for each in rows))
    assert isinstance(source, Path)
    reader = open_reader(source)
    folder = DataRoot(root or str(tmp_path / "data")).run(uuid.uuid4())
    chosen = mapping or propose(reader.columns(), NAMES)
    result = ingest(reader, source, folder, mapping=chosen, rule=rule, image_root=image_root)
    return result, folder


def png(width: int = 8, height: int = 6) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(sink, "PNG")
    return sink.getvalue()


@pytest.mark.parametrize("root", [None, "memory://ingest-test"])
def test_samples_are_counted_scored_and_numbered(tmp_path: Path, root: str | None) -> None:
    rows = [row(0), row(1, prediction="3"), row(2, confidence=7), row(3, split="train")]

    result, folder = run_ingest(tmp_path, rows, root=root)

    assert (result.samples, result.errors, result.refused) == (3, 1, 1)
    assert result.splits == {"test": 2, "train": 1}
    browser = RunBrowser(folder)
    assert browser.positions(SampleFilter(errors_only=False)).tolist() == [0, 1, 2]
    sample = browser.sample(1)
    assert sample is not None
    assert (sample["sample_id"], sample["credit"], sample["is_error"]) == ("s1", 0.0, True)
    refused = folder.read_table("refused.parquet").to_pylist()
    assert refused == [
        {"row": 3, "field": "confidence", "reason": "is 7: a probability lies in 0..1"}
    ]


@pytest.mark.parametrize("written", [None, "", "  ", []])
def test_an_empty_answer_is_a_sample_and_an_error(tmp_path: Path, written: Any) -> None:
    result, folder = run_ingest(tmp_path, [row(0), row(1, prediction=written)])

    assert (result.samples, result.errors, result.refused) == (2, 1, 0)
    sample = RunBrowser(folder).sample(1)
    assert sample is not None
    assert (sample["answer_state"], sample["is_error"]) == ("no_answer", True)
    assert result.counts.states == {"answered": 1, "no_answer": 1}


def test_rows_without_a_name_go_by_their_numbers_in_the_file(tmp_path: Path) -> None:
    rows = [{"prediction": "a dog", "answers": ["a dog"]}, {"prediction": "a", "answers": ["b"]}]
    result, folder = run_ingest(tmp_path, rows)

    assert (result.samples, result.numbered) == (2, True)
    samples = [RunBrowser(folder).sample(at) for at in (0, 1)]
    assert [(each["sample_id"], each["question"]) for each in samples if each] == [
        ("1", None), ("2", None),
    ]  # fmt: skip


def test_every_later_use_of_a_sample_id_is_refused_with_both_rows(tmp_path: Path) -> None:
    rows = [row(0), row(1), row(0), row(2), row(0), row(1)]
    result, folder = run_ingest(tmp_path, rows)
    assert result.samples == 3
    assert [str(refusal) for refusal in result.first_refusals] == [
        "row 3, sample_id: 's0' is already used in row 1",
        "row 5, sample_id: 's0' is already used in row 1",
        "row 6, sample_id: 's1' is already used in row 2",
    ]
    positions = RunBrowser(folder).positions(SampleFilter(errors_only=False))
    assert positions.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("rows", "mapping", "message"),
    [
        ([row(0, confidence=7)], None, "no row could be taken: row 1, confidence: is 7"),
        ([{"sample_id": "a", "question": "q"}], None, "no column is mapped to prediction"),
        ([{k: v for k, v in row(0).items() if k != "answers"}], None, "needs a column mapped to 'answers'"),
    ],
)  # fmt: skip
def test_a_file_without_a_usable_row_leaves_nothing_behind(
    tmp_path: Path, rows: list[dict[str, Any]], mapping: ColumnMapping | None, message: str
) -> None:
    with pytest.raises(NothingToImport, match=message):
        run_ingest(tmp_path, rows, mapping=mapping)
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_a_file_cut_off_after_good_rows_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "cut.jsonl"
    # Large enough that good parts were written before the fault is met.
    text = "".join(json.dumps(row(i, note="x" * 200)) + "\n" for i in range(60_000))
    source.write_text(text + '{"sample_id": "la')
    with pytest.raises(UnreadableFile, match="row 60001: the last line is cut off"):
        run_ingest(tmp_path, source)
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_image_bytes_become_files_and_what_is_no_image_refuses_its_row(tmp_path: Path) -> None:
    bomb = bytearray(png())
    bomb[16:24] = (50_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    images = [
        {"bytes": png(), "path": "a.png"},
        {"bytes": b"<svg onload=alert(1)>", "path": "b.png"},
        {"bytes": bytes(bomb), "path": "c.png"},
        {"bytes": None, "path": "d.png"},
    ]
    source = tmp_path / "images.parquet"
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = [row(i) for i in range(4)]
    columns = {name: [each[name] for each in rows] for name in rows[0]}
    pq.write_table(pa.table({**columns, "image": pa.array(images, kind)}), source)

    result, folder = run_ingest(tmp_path, source)

    assert (result.samples, result.refused, result.images_missing) == (2, 2, 1)
    reasons = [str(refusal) for refusal in result.first_refusals]
    assert "row 2, image: the file is not a PNG" in reasons[0]
    assert reasons[1] == "row 3, image: the image has more than 50 million pixels"
    first = RunBrowser(folder).sample(0)
    assert first is not None
    assert folder.has("images", first["image"])


def test_boxes_outside_their_image_are_refused_where_its_size_is_known(tmp_path: Path) -> None:
    (tmp_path / "shown.png").write_bytes(png(20, 10))
    rows = [
        row(0, image="shown.png", boxes=[[1, 1, 20, 10]]),
        row(1, image="shown.png", boxes=[[1, 1, 30, 10]]),
        row(2, image="gone.png", boxes=[[1, 1, 30, 10]]),
        row(3, image="shown.png", boxes=[[0.1, 0.1, 0.9, 1.0]]),
    ]
    result, _ = run_ingest(tmp_path, rows, image_root=tmp_path)
    assert (result.samples, result.images_missing) == (3, 1)
    assert "reaches outside the image of 20 × 10 pixels" in str(result.first_refusals[0])


def test_embeddings_of_one_run_have_one_length(tmp_path: Path) -> None:
    rows = [row(0, image_embedding=[1.0, 2.0]), row(1, image_embedding=[1.0]), row(2)]
    result, _ = run_ingest(tmp_path, rows)
    assert result.samples == 2
    assert "has 1 numbers, the rows before it have 2" in str(result.first_refusals[0])


def test_embeddings_of_regions_and_words_have_one_length(tmp_path: Path) -> None:
    rows = [
        row(0, region_embeddings=[[1.0, 2.0], [3.0, 4.0]], word_embeddings={"cup": [1.0, 0.0]}),
        row(1, region_embeddings=[[1.0]]),
        row(2, word_embeddings={"cup": [1.0, 0.0, 0.0]}),
        row(3),
        row(4, word_embeddings={}),
        row(5, region_embeddings=[0.5, 0.5]),
    ]
    result, folder = run_ingest(tmp_path, rows)

    assert [str(each) for each in result.first_refusals] == [
        "row 2, region_embeddings: has 1 numbers, regions and words before it have 2",
        "row 3, word_embeddings: has 3 numbers, regions and words before it have 2",
    ]
    (table,) = folder.read_samples(["region_embeddings", "word_embeddings"])
    assert table["region_embeddings"].to_pylist() == [
        [[1.0, 2.0], [3.0, 4.0]], None, None, [[0.5, 0.5]],
    ]  # fmt: skip
    assert table["word_embeddings"].to_pylist() == [[("cup", [1.0, 0.0])], None, [], None]


def test_hidden_states_of_one_run_have_one_length(tmp_path: Path) -> None:
    rows = [row(0, hidden_state=[1.0, 2.0]), row(1, hidden_state=[1.0]), row(2)]
    result, _ = run_ingest(tmp_path, rows)
    assert "row 2, hidden_state: has 1 numbers" in str(result.first_refusals[0])


def test_a_constant_in_quotes_fills_a_field(tmp_path: Path) -> None:
    rows = [{"id": "a", "label": "cat", "guess": "dog"}]
    columns = list(rows[0])
    changes = parse_assignments(
        ['question="Which animal?"', "prediction=guess", "answers=label"], columns, NAMES
    )
    result, folder = run_ingest(tmp_path, rows, mapping=merged(propose(columns, NAMES), changes))
    sample = RunBrowser(folder).sample(0)
    assert sample is not None
    assert (result.samples, sample["question"]) == (1, "Which animal?")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("questoin=q", r"'questoin' is not a field of the record \(did you mean question"),
        ("question=qq", r"the file has no column 'qq' \(did you mean q\?\)"),
        ("question", "should read field=column"),
    ],
)
def test_a_mapping_that_names_what_is_not_there_says_so(assignment: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parse_assignments([assignment], ["q", "id"], NAMES)


@pytest.mark.parametrize("name", ["../evil.png", "/abs.png", "a/../../evil.png", "C:/x.png"])
def test_a_zip_that_would_write_elsewhere_is_refused_whole(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "images.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("good.png", png())
        opened.writestr(name, png())
    with pytest.raises(BadArchive, match="outside the image folder"):
        extract_images(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_zip_is_refused_without_its_name_in_store(tmp_path: Path) -> None:
    archive = tmp_path / "f4b70e705f30.zip"
    archive.write_bytes(b"hello")
    with pytest.raises(BadArchive, match=r"^the zip of images is damaged .*make it anew"):
        extract_images(archive, tmp_path / "out")


def test_a_zip_with_a_link_or_a_bomb_is_refused_and_other_files_are_passed_over(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "images.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a/good.png", png())
        opened.writestr("readme.txt", "hello")
    unpacked = extract_images(archive, tmp_path / "out")
    assert (unpacked.images, unpacked.passed_over) == (1, 1)
    assert (tmp_path / "out/a/good.png").is_file()

    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("bomb.png", b"\0" * 30 * 1024**2)
    with pytest.raises(BadArchive, match="times its size"):
        extract_images(archive, tmp_path / "out2")

    with zipfile.ZipFile(archive, "w") as opened:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(BadArchive, match="is a link"):
        extract_images(archive, tmp_path / "out3")


def test_a_filter_is_stored_as_what_differs_from_all_errors() -> None:
    chosen = SampleFilter(split=("test", "ood"), text="dog")
    assert chosen.to_dict() == {"split": ["test", "ood"], "text": "dog"}
    assert SampleFilter.from_dict(chosen.to_dict()) == chosen
    with pytest.raises(ValueError, match="unknown criteria: colour"):
        SampleFilter.from_dict({"colour": "red"})
    with pytest.raises(ValueError, match="needs the clustering"):
        SampleFilter.from_dict({"cluster": [1]})


def test_groups_pages_and_facets_agree_with_a_count_by_hand(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    kinds = ["counting", "position", None]
    rows = [
        row(i, question_type=kinds[rng.integers(3)], prediction=str(rng.integers(2, 5)))
        for i in range(300)
    ]
    _, folder = run_ingest(tmp_path, rows)
    browser = RunBrowser(folder)
    wrong = [each for each in rows if each["prediction"] != "2"]

    groups = browser.groups("question_type", SampleFilter(errors_only=False))
    expected = {
        kind: (
            sum(each["question_type"] == kind for each in rows),
            sum(each["question_type"] == kind for each in wrong),
        )
        for kind in kinds
    }
    assert {group.value: (group.samples, group.errors) for group in groups} == expected
    chosen = SampleFilter(question_type=("counting", "—"))
    assert browser.count(chosen) == expected["counting"][1] + expected[None][1]
    page = browser.page(chosen, sort="prediction", descending=True, limit=7, offset=3)
    assert len(page) == 7
    assert [r["prediction"] for r in page] == sorted((r["prediction"] for r in page), reverse=True)
    facets = {facet.value: facet.count for facet in browser.facets(chosen)["question_type"]}
    assert facets == {kind: errors for kind, (_, errors) in expected.items()}
    with pytest.raises(ValueError, match="cannot group by"):
        browser.groups("sample_id; DROP TABLE", SampleFilter())


@pytest.mark.realdata
def test_pope_has_622_wrong_answers_and_189_that_are_none(tmp_path: Path, real_data: Path) -> None:
    source = real_data / "pope_repope/items.jsonl"
    columns = open_reader(source).columns()
    changes = parse_assignments(
        [
            "sample_id=category+pope_question_id",
            "answers=label_pope",
            "prediction=pred_llava-v1.5-13b",
            "category=category",
        ],
        columns,
        NAMES,
    )
    mapping = merged(propose(columns, NAMES), changes)
    result, folder = run_ingest(tmp_path, source, mapping=mapping, rule="yes_no")
    # Of 189 items the file has no answer of this model.
    assert (result.samples, result.errors, result.refused) == (4788, 622 + 189, 0)
    assert result.counts.states == {"answered": 4599, "no_answer": 189}
    groups = RunBrowser(folder).groups("category", SampleFilter(errors_only=False))
    assert sum(group.errors for group in groups) == 622 + 189


def test_a_sample_is_found_in_whichever_part_it_lies(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    lines = [f"s{number},How many?,2,2" for number in range(45_000)]
    source.write_text("\n".join(["sample_id,question,prediction,answers", *lines]))
    _result, folder = run_ingest(tmp_path, source)
    assert len(folder.sample_parts()) == 3
    browser = RunBrowser(folder)

    for position in (0, 1, 19_999, 20_000, 20_001, 39_999, 40_000, 44_999):
        sample = browser.sample(position)
        assert sample is not None
        assert (sample["position"], sample["sample_id"]) == (position, f"s{position}")
    assert browser.sample(45_000) is None
    assert browser.sample(-1) is None
