"""What was given, opened: files, folders, patterns and zips, with what was passed over and why."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.triage.imports.bringing import Content, write
from tests.triage.science.store.test_pictures import png
from triage.science.readers import UnreadableFile
from triage.science.readers.sources import Gathered, gather, published_figure

ROWS: Content = [{"id": n, "question": "q", "answer": "a", "prediction": "b"} for n in range(3)]


def gathered(tmp_path: Path, *given: Path) -> Gathered:
    return gather([(path, path.name) for path in given], tmp_path / "unpacked")


def zipped(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return sink.getvalue()


def test_a_folder_is_searched_and_its_other_files_are_named(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "run/a.jsonl": ROWS, "run/deep/b.csv": "id,prediction\n1,x\n", "run/README.md": "x",
        "run/config.json": "{}", "run/.hidden.jsonl": ROWS, "run/p.pkl": b"\x80", "run/1.png": png(),
    }  # fmt: skip
    write(tmp_path, files)
    (tmp_path / "run/link.jsonl").symlink_to(tmp_path / "run/a.jsonl")
    found = gathered(tmp_path, tmp_path / "run")
    assert [table.name for table in found.tables] == ["a.jsonl", "deep/b.csv"]
    assert found.pictures == tmp_path / "run"
    assert set(found.passed_over) == {"README.md", "config.json", "p.pkl"}


def test_a_pattern_means_the_files_that_fit(tmp_path: Path) -> None:
    write(tmp_path, {"a_1.jsonl": ROWS, "a_2.jsonl": ROWS, "b.jsonl": ROWS})
    found = gathered(tmp_path, tmp_path / "a_*.jsonl")
    assert [table.name for table in found.tables] == ["a_1.jsonl", "a_2.jsonl"]
    with pytest.raises(UnreadableFile, match="no file has such a name"):
        gathered(tmp_path, tmp_path / "c_*.jsonl")


def test_a_zip_of_results_brings_its_pictures(tmp_path: Path) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()  # type: ignore[union-attr]
    data = zipped({"out/r.jsonl": lines, "out/pics/1.png": png(), "out/run.sh": b"#!"})
    (path,) = write(tmp_path, {"all.zip": data})
    found = gathered(tmp_path, path)
    assert [table.name for table in found.tables] == ["out/r.jsonl"]
    assert found.pictures is not None
    assert (found.pictures / "out/pics/1.png").is_file()
    assert not (found.pictures / "out/run.sh").exists()


def test_an_inspect_log_in_its_archive_is_one_table(tmp_path: Path) -> None:
    members = {
        "header.json": json.dumps({"eval": {"model": "m/one"}}).encode(),
        "samples/1_epoch_1.json": json.dumps({"id": 1, "target": "a"}).encode(),
        "samples/2_epoch_1.json": json.dumps({"id": 2, "target": "b"}).encode(),
        "summaries.json": b"[]",
    }
    (path,) = write(tmp_path, {"log.eval": zipped(members)})
    (table,) = gathered(tmp_path, path).tables
    assert [(row["id"], row["model"]) for row in table.rows] == [(1, "m/one"), (2, "m/one")]


def test_a_zip_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"bad.zip": zipped({"../out.jsonl": b"{}"})})
    with pytest.raises(UnreadableFile, match=r"bad.zip: '../out.jsonl' would be written outside"):
        gathered(tmp_path, path)


@pytest.mark.parametrize(
    ("name", "content", "share"),
    [
        ("m_POPE_score.csv", '"split","Overall","acc"\n"Overall","88.01","88.87"\n', 0.8801),
        ("m_SET_acc.csv", '"split","Overall","AR"\n"dev","0.719","0.7"\n', 0.719),
        ("m_MathVista_m_score.csv", '"Task&Skill","tot","hit","acc"\n"Overall","10","6","60.0"\n', 0.6),
        ("x_results.json", json.dumps({"results": {"t": {"alias": "t", "em,none": 0.25, "em_stderr,none": "N/A"}}}), 0.25),
        ("x_results.json", json.dumps({"results": {"t": {"a,none": 0.25, "b,none": 0.5}}}), None),
        ("x_results.json", "[1]", None),
        ("other.csv", "split,Overall\ndev,0.5\n", None),
    ],
)  # fmt: skip
def test_published_figures_are_read(
    tmp_path: Path, name: str, content: str, share: float | None
) -> None:
    (path,) = write(tmp_path, {name: content})
    assert published_figure(path, name) == pytest.approx(share)


def test_published_figures_are_no_table_of_their_own(tmp_path: Path) -> None:
    score = '"split","Overall"\n"dev","0.719"\n'
    paths = write(tmp_path, {"m_SET.jsonl": ROWS, "m_SET_acc.csv": score})
    found = gathered(tmp_path, *paths)
    assert [table.stem for table in found.tables] == ["m_SET"]
    assert found.published == {"m_SET_acc.csv": 0.719}


def test_nothing_readable_is_said_with_the_reasons(tmp_path: Path) -> None:
    write(tmp_path, {"run/notes.md": "x", "run/empty.jsonl": ""})
    with pytest.raises(UnreadableFile, match="no table of predictions was found") as caught:
        gathered(tmp_path, tmp_path / "run")
    assert "empty.jsonl: the file is empty" in str(caught.value)
