"""Curated exports: what the page counts, the file holds."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from annotations.audits.drawing import draw_audit
from annotations.exports.curated import ExportRefused, export_curated, preview, verdicts_of
from annotations.models import CuratedSet
from annotations.science.curation.curation import Recipe
from annotations.science.curation.export_files import MANIFEST
from tests.annotations.audit_factories import (
    error_rows,
    give_verdict,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from triage.models import Job, Role, Run

pytestmark = pytest.mark.django_db
KINDS = ["mismatch", "mismatch", "wrong_answer", "wrong_answer", "ambiguous", "unsure", "match"]


@pytest.fixture
def run() -> Run:
    """25 samples, 10 wrong, 7 judged, one of them with a corrected answer."""
    audit = make_audit(errors=10, right=15, size=8)
    ann = make_member(audit.project, "ann", Role.ANNOTATOR)
    give_verdicts(audit, ann, KINDS)
    wrong = audit.items.filter(verdicts__kind="wrong_answer").first()
    give_verdict(wrong, ann, "wrong_answer", corrected_answer="four")
    return audit.run


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_sample_is_kept_dropped_or_corrected(run, tmp_path) -> None:
    curated = export_curated(run, to=tmp_path / "out", file_format="jsonl")

    counts = curated.manifest["counts"]
    assert counts == {"kept": 21, "dropped": 3, "corrected": 1, "total": 25}
    train = lines_of(tmp_path / "out" / "train.jsonl")
    assert len(train) == 22
    assert len(lines_of(tmp_path / "out" / "__record" / "weights.jsonl")) == run.samples
    (corrected,) = [row for row in train if row["corrected"]]
    assert corrected["answer"] == "four"
    assert corrected["answers"] == ["four"]
    assert corrected["original_answers"] == ["two"]
    assert {row["answer"] for row in train} == {"two", "four"}


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(drop=frozenset({"mismatch", "unreviewed"}), correct=frozenset()),
        Recipe(drop=frozenset(), correct=frozenset(), weights={}),
    ],
)
@pytest.mark.parametrize("file_format", ["jsonl", "parquet", "csv"])
def test_what_the_page_counts_the_file_holds(run, tmp_path, recipe, file_format) -> None:
    shown = preview(run, recipe)
    export_curated(run, to=tmp_path / "out", file_format=file_format, recipe=recipe)

    held = {}
    for part in ("train", "__record/dropped", "__record/corrected"):
        path = tmp_path / "out" / f"{part}.{file_format}"
        if file_format == "parquet":
            held[part] = pq.read_table(path).num_rows
        elif file_format == "csv":
            with path.open(newline="") as opened:
                held[part] = len(list(csv.DictReader(opened)))
        else:
            held[part] = len(lines_of(path))
    counts = shown.counts
    assert held == {
        "train": counts.kept + counts.corrected,
        "__record/dropped": counts.dropped,
        "__record/corrected": counts.corrected,
    }
    assert counts.total == run.samples
    for groups in shown.groups.values():
        assert sum(group.counts.total for group in groups) == run.samples
        assert sum(group.counts.kept for group in groups) == counts.kept


def test_the_manifest_says_where_everything_comes_from(run, tmp_path) -> None:
    export_curated(run, to=tmp_path / "out", file_format="jsonl")

    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text())
    audit = run.audits.get()
    assert manifest["run"]["source_sha256"] == run.source_sha256
    papers = manifest["audits"][0]
    assert (papers["seed"], papers["frame_sha256"]) == (audit.seed, audit.frame_sha256)
    assert papers["verdict_counts"]["mismatch"] == 2
    assert len(papers["verdicts"]) == 7
    assert manifest["verdict_counts"]["wrong_answer"] == 2
    assert manifest["recipe"] == Recipe().as_dict()
    assert manifest["versions"]["pyarrow"]


def test_a_run_without_audits_keeps_everything(tmp_path) -> None:
    run = ingest_run(make_project_of(), error_rows(3, 2))

    curated = export_curated(run, to=tmp_path / "out", file_format="csv")

    assert curated.manifest["counts"]["kept"] == 5


def test_items_that_wait_for_agreement_change_nothing() -> None:
    audit = make_audit(errors=3, overlap=2)
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch"] * 3)

    assert verdicts_of(audit.run).judgements == {}


def test_of_two_audits_the_newer_verdict_counts(tmp_path) -> None:
    first = make_audit(errors=2)
    ann = make_member(first.project, "ann")
    give_verdicts(first, ann, ["mismatch", "mismatch"])
    second = draw_audit(first.run, protocol="quality-200", seed=1)
    give_verdict(second.items.get(sample_id="s0000"), ann, "match")

    found = verdicts_of(first.run)

    assert found.judgements["s0000"].kind == "match"
    assert found.judgements["s0001"].kind == "mismatch"
    assert found.overruled == 1


def test_formulas_are_neutralised_in_csv(tmp_path) -> None:
    run = ingest_run(make_project_of(), error_rows(2, question="=HYPERLINK(1)"))

    export_curated(run, to=tmp_path / "out", file_format="csv")

    with (tmp_path / "out" / "train.csv").open(newline="") as opened:
        assert {row["question"] for row in csv.DictReader(opened)} == {"'=HYPERLINK(1)"}


def test_a_folder_with_something_in_it_is_left_alone(run, tmp_path) -> None:
    (tmp_path / "precious.txt").write_text("mine")

    with pytest.raises(ExportRefused, match="not empty"):
        export_curated(run, to=tmp_path, file_format="jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]
    assert not CuratedSet.objects.exists()


def test_the_page_previews_and_exports_and_the_zip_holds_it(client, run) -> None:
    client.force_login(make_member(run.project, "lena"))
    address = reverse("annotations:exports", args=[run.pk])
    page = client.get(address).content.decode()
    assert "What it will hold" in page
    assert '<span class="stat__value">21</span>' in page
    form = {"file_format": "jsonl"}
    for kind in ("match", "mismatch", "wrong_answer", "ambiguous", "unsure", "unusable"):
        form |= {f"do_{kind}": "keep", f"weight_{kind}": "1"}
    form |= {"do_unreviewed": "keep", "weight_unreviewed": "1", "do_mismatch": "drop"}

    headers = {"HX-Request": "true", "HX-Target": "preview"}
    fragment = client.get(address, form, headers=headers).content.decode()
    assert fragment.strip().startswith('<div id="preview"')
    assert '<span class="stat__value">23</span>' in fragment

    assert client.post(address, form).status_code == 302
    assert Job.objects.get().state == Job.State.DONE
    curated = CuratedSet.objects.get()
    response = client.get(reverse("annotations:export-download", args=[curated.pk]))
    data = b"".join(response.streaming_content)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        names = {name.partition("/")[2]: name for name in opened.namelist()}
        train = opened.read(names["train.jsonl"]).decode().splitlines()
    record = ("dropped.jsonl", "corrected.jsonl", "weights.jsonl", "votes.jsonl", "manifest.json")
    assert set(names) == {"train.jsonl", "README.md", *(f"__record/{name}" for name in record)}
    assert len(train) == curated.manifest["counts"]["kept"] == 23
    assert "Download" in client.get(address).content.decode()


def test_an_export_is_for_leads_of_the_project_only(client, run, tmp_path) -> None:
    curated = export_curated(run, to=tmp_path / "out", file_format="jsonl")
    address = reverse("annotations:export-download", args=[curated.pk])

    client.force_login(make_member(make_project_of("Elsewhere"), "zoe", Role.ADMIN))
    assert client.get(address).status_code == 404
    client.force_login(make_member(run.project, "ann", Role.ANNOTATOR))
    assert client.get(address).status_code == 403
    # Written by command into a folder of its own: there is nothing here to download.
    client.force_login(make_member(run.project, "lena"))
    assert client.get(address).status_code == 404


def test_a_weight_that_cannot_be_is_refused_on_the_form(client, run) -> None:
    client.force_login(make_member(run.project, "lena"))

    response = client.post(
        reverse("annotations:exports", args=[run.pk]),
        {"file_format": "exe", "weight_match": "-1", "do_match": "keep"},
    )

    assert response.status_code == 422
    assert not Job.objects.exists()
