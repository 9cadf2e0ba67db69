"""The main job on real predictions: LLaVA on POPE, audited against RePOPE's re-annotation."""

import json
from pathlib import Path

import pytest

from annotations.audits.drawing import draw_audit
from annotations.exports.curated import export_curated
from annotations.models import Audit
from annotations.standing import standing
from tests.annotations.audit_factories import give_verdict, make_member, make_project_of
from triage.models import Run
from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import merged, parse_assignments, propose
from triage.science.record.records import FIELDS
from triage.science.store.store import DataRoot

pytestmark = [pytest.mark.django_db, pytest.mark.realdata]
KINDS = {
    "label_wrong": "wrong_answer",
    "removed_ambiguous": "ambiguous",
    "label_kept": "match",
}
MAPPING = (
    "sample_id=category+pope_question_id",
    "answers=label_pope",
    "prediction=pred_llava-v1.5-13b",
    "category=category",
)


@pytest.fixture
def pope(real_data: Path, settings) -> tuple[Run, dict[str, str]]:
    """The run, and RePOPE's verdict on every question."""
    source = real_data / "pope_repope" / "items.jsonl"
    project = make_project_of("POPE")
    run = Run(project=project, name="llava-1.5-13b", source_name=source.name, scoring="yes_no")
    reader = open_reader(source)
    fields = [field.name for field in FIELDS]
    changes = parse_assignments(MAPPING, reader.columns(), fields)
    result = ingest(
        reader,
        source,
        DataRoot(settings.DATA_ROOT).run(run.uuid),
        mapping=merged(propose(reader.columns(), fields), changes),
        rule="yes_no",
    )
    run.source_sha256, run.samples, run.errors = result.sha256, result.samples, result.errors
    run.outcome = result.counts.to_dict()
    run.save()
    rows = map(json.loads, source.read_text().splitlines())
    census = {f"{row['category']}-{row['pope_question_id']}": KINDS[row["audit"]] for row in rows}
    return run, census


def replay(audit: Audit, census: dict[str, str]) -> None:
    """RePOPE's annotators judge the drawn items."""
    user = make_member(audit.project, "repope")
    for item in audit.items.all():
        give_verdict(item, user, census[item.sample_id])


def test_a_draw_of_200_holds_the_census_value(pope) -> None:
    run, census = pope
    # What the model never answered is an error of its own kind, and no part of the frame.
    assert (run.errors, run.unanswered) == (622 + 189, 189)

    audit = draw_audit(run, protocol="quality-200", seed=1)
    replay(audit, census)
    ratio = standing.noise_ratio(audit)

    assert (ratio.drawn, ratio.decided, ratio.population) == (200, 200, 622)
    assert ratio.low <= 191 / 622 <= ratio.high
    assert 0.2 < ratio.point < 0.4
    assert {item.snapshot["image"]["status"] for item in audit.items.all()} <= {"missing", "none"}


def test_judging_all_622_gives_the_census_value_itself(pope, tmp_path) -> None:
    run, census = pope
    audit = draw_audit(run, protocol="custom", size=622, seed=1)
    replay(audit, census)

    ratio = standing.noise_ratio(audit)
    assert round(ratio.point, 3) == 0.307
    assert ratio.low == ratio.point == ratio.high
    assert ratio.established == "at_least"

    curated = export_curated(run, to=tmp_path / "out", file_format="parquet")
    counts = curated.manifest["counts"]
    assert counts["dropped"] == ratio.successes
    assert counts["kept"] + counts["dropped"] + counts["corrected"] == run.samples
