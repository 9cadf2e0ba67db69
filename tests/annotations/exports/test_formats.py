"""Exports of real runs: with their pictures and votes, and back in again."""

import json
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from annotations.audits.drawing import draw_audit
from annotations.exports.curated import export_curated, export_to_data_root, stored_at
from annotations.models import CuratedSet
from annotations.science.curation.formats import FORMATS
from tests.annotations.audit_factories import (
    error_rows,
    give_verdict,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from tests.annotations.science.curation.made_rows import picture
from tests.factories import make_run
from triage.models import Job, Project, Role, Run
from triage.science.store.store import DataRoot

pytestmark = pytest.mark.django_db


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three pictures and a page that is none."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.png", "sub/b.png", "c.png")):
        (folder / name).write_bytes(picture(colour=f"#00{number:02x}00"))
    (folder / "secret.txt").write_text("not to leave the house")
    return folder


@pytest.fixture
def run(photos: Path) -> Run:
    """Six errors over four pictures, one of them not there, with a meta of its own."""
    names = ["a.png", "sub/b.png", "c.png", "a.png", "gone.png", "secret.txt"]
    rows = [
        {**row, "image": name, "noted": {"by": "ann", "page": number}}
        for number, (row, name) in enumerate(zip(error_rows(6), names, strict=True))
    ]
    rows[3]["prediction"] = "-3"
    return ingest_run(make_project_of(), rows, image_root=photos)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def samples_of(run: Run) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Prediction and answers of every sample."""
    parts = run.folder.read_samples(["sample_id", "prediction", "answers"])
    rows = [row for part in parts for row in part.to_pylist()]
    return {row["sample_id"]: (row["prediction"], tuple(row["answers"])) for row in rows}


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_is_written_with_the_runs_pictures(
    run: Run, tmp_path: Path, file_format: str
) -> None:
    made = export_curated(run, to=tmp_path / "out", file_format=file_format)

    assert made.manifest["format"] == file_format
    pictures = made.manifest["pictures"]
    assert (pictures["written"], pictures["missing"], pictures["refused"]) == (3, 1, 1)
    assert pictures["not_written"] == ["gone.png", "secret.txt"]
    assert not any(b"leave the house" in p.read_bytes() for p in tmp_path.joinpath("out").rglob("*")
                   if p.is_file())  # fmt: skip


def test_pictures_that_came_inside_a_parquet_go_out_again(tmp_path: Path) -> None:
    whole = export_curated(_run_of_parquet(tmp_path), to=tmp_path / "again", file_format="parquet")
    rows = pq.read_table(tmp_path / "again" / "train.parquet").to_pylist()
    assert [row["image"]["bytes"] for row in rows] == [picture(), picture(colour="blue")]
    assert whole.manifest["pictures"]["written"] == 2


def _run_of_parquet(folder: Path) -> Run:
    import pyarrow as pa

    table = pa.table(
        {
            "sample_id": ["x", "y"],
            "image": [{"bytes": picture(), "path": "x.png"},
                      {"bytes": picture(colour="blue"), "path": None}],
            "answers": [["a"], ["b"]],
            "prediction": ["a", "c"],
        }
    )  # fmt: skip
    pq.write_table(table, folder / "with.parquet")
    return make_run(make_project_of(), folder / "with.parquet", name="inside")


@pytest.mark.parametrize("file_format", ["jsonl", "parquet", "csv", "csv-bom"])
def test_the_training_file_comes_in_again_as_it_went_out(
    run: Run, tmp_path: Path, file_format: str
) -> None:
    folder = tmp_path / "out"
    export_curated(run, to=folder, file_format=file_format)
    suffix = FORMATS[file_format].suffix

    again = make_run(
        Project.start("Again"), folder / f"train.{suffix}", images=folder, name="again"
    )

    assert again.samples == run.samples
    assert samples_of(again).keys() == samples_of(run).keys()
    for name, (prediction, answers) in samples_of(run).items():
        # In CSV an answer that a spreadsheet could run carries one apostrophe.
        guarded = prediction.startswith("-") and suffix == "csv"
        found, references = samples_of(again)[name]
        assert found == prediction or (guarded and found == f"'{prediction}")
        assert references == answers
    assert "correct" not in again.mapping
    meta = [json.loads(row) for part in again.folder.read_samples(["meta"])
            for row in part["meta"].to_pylist()]  # fmt: skip
    assert [row["review_verdict"] for row in meta] == ["unreviewed"] * 6
    if file_format == "jsonl":
        assert [row["noted"]["page"] for row in meta] == list(range(6))
        assert "meta" not in meta[0]


def test_what_people_said_lies_in_the_record(tmp_path: Path) -> None:
    audit = make_audit(errors=3, overlap=2, policy="adjudication")
    ann, bob = (make_member(audit.project, name, Role.ANNOTATOR) for name in ("ann", "bob"))
    give_verdicts(audit, ann, ["match", "match"])
    give_verdict(audit.items.order_by("place").first(), bob, "wrong_answer",
                 corrected_answer="four", comment="四个")  # fmt: skip

    made = export_curated(audit.run, to=tmp_path / "out", file_format="llava")

    votes = lines_of(tmp_path / "out" / "__record" / "votes.jsonl")
    assert [(each["person"], each["kind"]) for each in votes] == [
        ("ann", "match"), ("ann", "match"), ("bob", "wrong_answer"),
    ]  # fmt: skip
    assert (votes[2]["corrected_answer"], votes[2]["comment"]) == ("four", "四个")
    assert votes[2]["audit"] == str(audit.uuid)
    assert any(each["name"] == "__record/votes.jsonl" for each in made.manifest["files"])


def test_gold_items_are_no_votes_on_the_run(tmp_path: Path) -> None:
    run = ingest_run(make_project_of(), error_rows(4))
    audit = draw_audit(run, protocol="custom", size=4, seed=1)
    item = audit.items.first()
    item.gold = "match"
    item.save(update_fields=["gold"])
    give_verdict(item, make_member(run.project, "ann"), "match")

    export_curated(run, to=tmp_path / "out", file_format="jsonl")

    assert not (tmp_path / "out" / "__record" / "votes.jsonl").exists()


@pytest.mark.parametrize("switch", ["--as", "--format"])
def test_the_command_takes_every_format(run: Run, tmp_path: Path, switch: str) -> None:
    out = StringIO()
    arguments = [str(run.pk), "--to", str(tmp_path / "out"), switch, "coco", "--json"]

    call_command("export_curated", *arguments, stdout=out)

    told = json.loads(out.getvalue())
    assert (told["pictures"], told["pictures_missing"]) == (3, 1)
    assert all(Path(name).is_file() for name in told["files"])
    assert str(tmp_path / "out" / "captions.json") in told["files"]


def test_the_command_marks_a_csv_for_excel_and_leaves_pictures_out(
    run: Run, tmp_path: Path
) -> None:
    arguments = [str(run.pk), "--to", str(tmp_path / "out"), "--bom"]
    with pytest.raises(CommandError, match="--bom goes with --as csv"):
        call_command("export_curated", *arguments)

    call_command("export_curated", *arguments, "--as", "csv", "--no-pictures", stdout=StringIO())

    assert (tmp_path / "out" / "train.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert not (tmp_path / "out" / "images").exists()


def test_the_menu_offers_every_format_with_a_line(client, run: Run) -> None:
    client.force_login(make_member(run.project, "lena"))
    page = client.get(reverse("annotations:exports", args=[run.pk])).content.decode()

    for name, each in FORMATS.items():
        assert f'<option value="{name}"' in page
        assert f"{each.title} · {each.about}" in page


def test_the_page_exports_a_folder_with_pictures(client, run: Run, settings) -> None:
    client.force_login(make_member(run.project, "lena"))
    address = reverse("annotations:exports", args=[run.pk])
    form = {"file_format": "vqa"}
    for kind in ("match", "mismatch", "wrong_answer", "ambiguous", "unsure", "unusable"):
        form |= {f"do_{kind}": "keep", f"weight_{kind}": "1"}
    form |= {"do_unreviewed": "keep", "weight_unreviewed": "1"}

    assert client.post(address, form).status_code == 302

    assert Job.objects.get().state == Job.State.DONE
    folder = Path(DataRoot(settings.DATA_ROOT).join(stored_at(CuratedSet.objects.get())))
    assert (folder / "images" / "sub" / "b.png").is_file()
    page = client.get(address).content.decode()
    assert "VQA v2</td>" in page
    assert "Download" in page
    assert client.post(address, {**form, "without_pictures": "on"}).status_code == 302
    folder = Path(DataRoot(settings.DATA_ROOT).join(stored_at(CuratedSet.objects.first())))
    assert (folder / "questions.json").is_file()
    assert not (folder / "images").exists()


def test_an_export_reaches_a_data_root_elsewhere_whole(run: Run, settings, tmp_path) -> None:
    folder = run.folder
    settings.DATA_ROOT = "memory://exports-elsewhere"
    root = DataRoot(settings.DATA_ROOT)
    for path in Path(folder.path()).rglob("*.parquet"):
        root.put(f"{folder.relative}/{path.relative_to(folder.path()).as_posix()}",
                 path.read_bytes())  # fmt: skip

    made = export_to_data_root(run, file_format="jsonl")

    assert root.has(f"{stored_at(made)}/images/sub/b.png")
    assert root.has(f"{stored_at(made)}/__record/manifest.json")
    root.fs.rm(root.join(""), recursive=True)
