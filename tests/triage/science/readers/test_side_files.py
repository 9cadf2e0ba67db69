"""Evidence that comes in a file of its own, by .npz and Parquet, and what is wrong with some."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.factories import make_project, sample_rows, write_lines
from tests.html import tidy
from triage.models import Job, Role, Run
from triage.science.readers import UnreadableFile
from triage.science.readers.side_files import open_side_file

NAMES = ["c", "a", "absent"]
VECTORS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=np.float32)
GRIDS = np.arange(1, 13, dtype=np.float64).reshape(3, 2, 2)


def archive(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path, **{"sample_id": np.array(NAMES), **arrays})
    return path


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table({"sample_id": NAMES, **columns}), path)
    return path


def rows(*names: str) -> list[dict[str, Any]]:
    return [
        {"sample_id": name, "question": "?", "prediction": "1", "answers": ["1"]} for name in names
    ]


def imported(
    tmp_path: Path,
    *sides: Path,
    given: list[dict[str, Any]] | None = None,
    accepting: bool = False,
) -> Run:
    source = write_lines(tmp_path / "rows.jsonl", given or rows("a", "b", "c"))
    words = [word for side in sides for word in ("--side", str(side))]
    words += ["--accept-refused"] if accepting else []
    project = ["--project", "Shapes", "--create-project"]
    call_command("import_run", str(source), *project, *words, stdout=io.StringIO())
    return Run.objects.get()


def column(run: Run, name: str) -> dict[str, Any]:
    table = pa.concat_tables(run.folder.read_samples(["sample_id", name]))
    return dict(zip(table["sample_id"].to_pylist(), table[name].to_pylist(), strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_evidence_is_laid_beside_its_sample(tmp_path: Path, kind: str) -> None:
    if kind == "npz":
        side = archive(tmp_path / "e.npz", image_embedding=VECTORS, attention=GRIDS)
    else:
        side = parquet(
            tmp_path / "e.parquet", image_embedding=VECTORS.tolist(), attention=GRIDS.tolist()
        )

    run = imported(tmp_path, side)

    assert column(run, "image_embedding") == {"a": [3.0, 4.0], "b": None, "c": [1.0, 2.0]}
    assert column(run, "attention") == {"a": GRIDS[1].tolist(), "b": None, "c": GRIDS[0].tolist()}
    (kept,) = run.side_files
    assert (kept["name"], kept["rows"], kept["matched"]) == (side.name, 3, 2)
    assert kept["fields"] == ["attention", "image_embedding"]
    assert run.refused == 0


@pytest.mark.django_db
def test_maps_of_tokens_come_by_parquet(tmp_path: Path) -> None:
    kind = pa.map_(pa.string(), pa.list_(pa.list_(pa.float32())))
    maps = pa.array([[("red", [[1.0, 0.5]])], None, None], kind)

    run = imported(tmp_path, parquet(tmp_path / "e.parquet", token_attention=maps))

    assert column(run, "token_attention")["c"] == [("red", [[1.0, 0.5]])]


@pytest.mark.django_db
def test_several_side_files_and_numbers_as_names(tmp_path: Path) -> None:
    given = rows("1", "2")
    first, second = tmp_path / "v.npz", tmp_path / "l.npz"
    np.savez(first, sample_id=np.array([2, 1]), text_embedding=VECTORS[:2])
    np.savez(second, sample_id=np.array([1]), loss=np.array([0.5]))

    run = imported(tmp_path, first, second, given=given)

    assert column(run, "text_embedding") == {"1": [3.0, 4.0], "2": [1.0, 2.0]}
    assert column(run, "loss") == {"1": [0.5], "2": None}
    assert [each["matched"] for each in run.side_files] == [2, 1]


@pytest.mark.django_db
def test_a_bad_value_refuses_its_row_and_a_row_of_nan_is_absent(tmp_path: Path) -> None:
    vectors = VECTORS.copy()
    vectors[0] = np.nan
    losses = np.array([[0.5, 0.25], [0.5, np.inf], [0.1, 0.1]])

    side = archive(tmp_path / "e.npz", hidden_state=vectors, loss=losses)

    with pytest.raises(CommandError, match="1 of 3 rows are refused: 1 × row 1, loss"):
        imported(tmp_path, side)
    run = imported(tmp_path, side, accepting=True)

    refused = run.folder.read_table("refused.parquet").to_pylist()
    assert column(run, "hidden_state") == {"b": None, "c": None}
    assert [(each["row"], each["field"]) for each in refused] == [(1, "loss")]
    assert "only finite numbers" in refused[0]["reason"]


def objects(path: Path) -> Path:
    np.savez(path, sample_id=np.array(["a", None], dtype=object), loss=np.zeros(2))
    return path


def liar(path: Path) -> Path:
    """A header that claims a terabyte."""
    sink = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**11, 2)}
    np.lib.format.write_array_header_1_0(sink, header)
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("image_embedding.npy", sink.getvalue() + b"\0" * 64)
    return path


def bomb(path: Path) -> Path:
    zeros = np.zeros((40, 2**18), dtype=np.float64)
    np.savez_compressed(path, sample_id=np.arange(40), image_embedding=zeros)
    return path


def half(path: Path) -> Path:
    whole = archive(path, image_embedding=VECTORS).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


BAD: list[tuple[Callable[[Path], Any], str]] = [
    (lambda p: p.write_text("sample_id,loss\n"), "is an .npz archive or a Parquet file"),
    (lambda p: np.savez(p, loss=np.zeros(3)), "has no array sample_id; it has: loss"),
    (lambda p: archive(p, other=VECTORS), "holds none of the fields that may stand beside"),
    (lambda p: archive(p, loss=np.zeros(2)), r"loss: has shape \(2,\); 3 sample_ids need \(3, …\)"),
    (lambda p: archive(p, attention=VECTORS), r"attention: has shape \(3, 2\)"),
    (
        lambda p: archive(p, sample_id=np.array(["a", "b", "a"]), loss=np.zeros(3)),
        "row 3, sample_id: 'a' is already used in row 1",
    ),
    (objects, "sample_id: holds Python objects, which are never unpacked"),
    (liar, "image_embedding: is shorter than its header says"),
    (bomb, "unpacks to more than 200 times its size"),
    (half, "not a whole .npz archive"),
    (lambda p: p.write_bytes(b"PAR1 but no more"), "not a whole Parquet file"),
    (lambda p: pq.write_table(pa.table({"id": ["a"]}), p), "has no column sample_id; it has: id"),
    (lambda p: None, "there is no such file"),
]


@pytest.mark.parametrize(("make", "reason"), BAD)
def test_a_side_file_that_is_none_says_why(
    tmp_path: Path, make: Callable[[Path], Any], reason: str
) -> None:
    path = tmp_path / "side.npz"
    make(path)
    with pytest.raises(UnreadableFile, match=rf"^side\.npz.*{reason}"):
        open_side_file(path)


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_a_side_file_larger_than_memory_should_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr("triage.science.readers.side_files.MOST_BYTES", 100)
    make = archive if suffix == "npz" else parquet
    path = make(tmp_path / f"e.{suffix}", loss=np.zeros(3))
    with pytest.raises(UnreadableFile, match="split its fields among several side files"):
        open_side_file(path)


@pytest.mark.django_db
def test_a_side_file_of_other_samples_imports_nothing(tmp_path: Path) -> None:
    side = archive(tmp_path / "e.npz", loss=np.zeros(3))
    with pytest.raises(CommandError, match=r"none of its 3 sample_ids is in the file.*'c'.*'x'"):
        imported(tmp_path, side, given=rows("x", "y"))
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_a_field_that_both_files_have_is_asked_about(tmp_path: Path) -> None:
    side = archive(tmp_path / "e.npz", loss=np.zeros(3))
    given = [{**each, "loss": 1.0} for each in rows("a", "b")]
    with pytest.raises(CommandError, match="loss is also in the file of predictions; leave it out"):
        imported(tmp_path, side, given=given)
    other = parquet(tmp_path / "other.parquet", loss=[0.0] * 3)
    with pytest.raises(CommandError, match=r"other\.parquet: loss is also in e\.npz"):
        call_command(
            "import_run", str(tmp_path / "rows.jsonl"), "--project", "shapes", "--map", "loss=",
            "--side", str(side), "--side", str(other),
        )  # fmt: skip
    assert not Run.objects.exists()


@pytest.fixture
def lead(client: Any) -> Any:
    from django.contrib.auth import get_user_model

    make_project(lena=Role.LEAD)
    client.force_login(get_user_model().objects.get(username="lena"))
    return client


def sent(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def evidence(tmp_path: Path, names: list[str]) -> bytes:
    path = tmp_path / "sent.npz"
    np.savez(path, sample_id=np.array(names), image_embedding=np.ones((len(names), 3)))
    return path.read_bytes()


def lines(count: int) -> tuple[list[str], bytes]:
    made = sample_rows(count, 2)
    return [each["sample_id"] for each in made], "".join(
        json.dumps(e) + "\n" for e in made
    ).encode()


@pytest.mark.django_db
def test_a_side_file_comes_with_an_upload(lead: Any, tmp_path: Path, settings: Any) -> None:
    names, data = lines(5)
    files = {
        "upload": sent("x.jsonl", data),
        "side_upload": sent("e.npz", evidence(tmp_path, names[:3])),
    }
    address = lead.post(reverse("triage:import-start", args=["shapes"]), files)["Location"]
    page = lead.get(address).content.decode()
    assert (
        "e.npz brings image_embedding of 3 samples; 3 of the first 5 rows are among them." in page
    )

    mapped = ("sample_id", "question", "answers", "prediction", "split")
    described = {f"field_{name}": name for name in mapped}
    lead.post(address, {**described, "name": "first", "rule": "exact", "split": "test"})

    run = Run.objects.get()
    assert sum(each is not None for each in column(run, "image_embedding").values()) == 3
    assert "x.jsonl + e.npz" in tidy(lead.get(run.get_absolute_url()).content.decode())
    assert not list(Path(settings.STAGING_FOLDER).rglob("*.npz"))


@pytest.mark.django_db
def test_a_broken_side_file_is_said_before_anything_is_kept(lead: Any, settings: Any) -> None:
    files = {"upload": sent("x.jsonl", lines(3)[1]), "side_upload": sent("e.npz", b"PK nothing")}
    answer = lead.post(reverse("triage:import-start", args=["shapes"]), files)
    assert answer.status_code == 422
    assert "e.npz: not a whole .npz archive" in answer.content.decode()
    assert not Job.objects.exists()
    assert not [each for each in Path(settings.STAGING_FOLDER).rglob("*") if each.is_file()]


@pytest.mark.django_db
def test_the_api_takes_a_side_file(lead: Any, tmp_path: Path) -> None:
    names, data = lines(4)
    files = {"file": sent("x.jsonl", data), "side": sent("e.npz", evidence(tmp_path, names))}
    answer = lead.post(reverse("api-project-runs", args=["shapes"]), files)
    assert answer.status_code == 202, answer.content
    run = Run.objects.get()
    assert run.side_files[0]["matched"] == 4
    shown = lead.get(reverse("api-run", args=[run.pk])).json()
    assert shown["side_files"] == run.side_files
