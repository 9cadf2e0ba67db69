"""Two real data sets diagnosed end to end: CIFAR-10's test labels as the low-noise control,
POPE's as the high-noise one, each audited by what its re-annotators said of the drawn errors."""

import csv
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from annotations.audits.drawing import draw_audit
from diagnostics.diagnosis.diagnosing import diagnose_run
from diagnostics.report import page
from tests.annotations.audit_factories import give_verdict, ingest_run, make_member, make_project_of
from triage.models import Run

pytestmark = [pytest.mark.django_db, pytest.mark.realdata]
NAMES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
REPOPE = {"label_wrong": "wrong_answer", "removed_ambiguous": "ambiguous", "label_kept": "match"}


def cifar(folder: Path) -> tuple[list[dict], dict[str, str]]:
    """Rows of an image classifier, and what most of some 51 people call each image."""
    rows, verdicts = [], {}
    with gzip.open(folder / "cifar10_audit" / "labels_probs_human.csv.gz", "rt") as lines:
        for line in csv.DictReader(lines):
            shares = {name: float(line[f"p_{name}"]) for name in NAMES}
            ranked = sorted(NAMES, key=lambda name: -shares[name])
            people = max(NAMES, key=lambda name: int(line[f"human_{name}"]))
            rows.append(
                {
                    "sample_id": line["id"],
                    "question": "What is in the picture?",
                    "answers": [line["given_name"]],
                    "prediction": line["pred_name"],
                    "confidence": shares[line["pred_name"]],
                    "candidates": [
                        {"answer": name, "probability": shares[name]} for name in ranked
                    ],
                    "category": line["given_name"],
                    "split": "test",
                }
            )
            verdicts[line["id"]] = "match" if people == line["given_name"] else "wrong_answer"
    return rows, verdicts


def pope(folder: Path) -> tuple[list[dict], dict[str, str]]:
    """LLaVA's answers on POPE, and RePOPE's word on every question."""
    rows, verdicts = [], {}
    for text in (folder / "pope_repope" / "items.jsonl").read_text().splitlines():
        line = json.loads(text)
        if line["pred_llava-v1.5-13b"] is None:
            continue
        key = f"{line['category']}-{line['pope_question_id']}"
        rows.append(
            {
                "sample_id": key,
                "question": line["question"],
                "answers": [line["label_pope"]],
                "prediction": line["pred_llava-v1.5-13b"],
                "category": line["category"],
                "split": "test",
            }
        )
        verdicts[key] = REPOPE[line["audit"]]
    return rows, verdicts


def audited(rows: list[dict], verdicts: Mapping[str, str]) -> tuple[Run, dict]:
    """The run diagnosed, 200 of its errors judged by the re-annotators; its report."""
    run = ingest_run(make_project_of("Controls"), rows)
    audit = draw_audit(run, protocol="quality-200", seed=1)
    user = make_member(run.project, "re-annotators")
    for item in audit.items.all():
        give_verdict(item, user, verdicts[item.sample_id])
    diagnose_run(run)
    return run, page.document(run)


def noise_of(report: dict) -> dict:
    return next(each for each in report["causes"]["priorities"] if each["cause"] == "noise")


def states(report: dict) -> dict[str, str]:
    return {each["key"]: each["state"] for each in report["checklist"]}


def test_cifar_is_called_low_in_noise(real_data: Path) -> None:
    run, report = audited(*cifar(real_data))

    assert run.samples > 4000
    assert noise_of(report)["strength"] != "strong"
    against = [piece["figure"] for piece in noise_of(report)["evidence_against"]]
    assert "audited_noise" in against
    assert states(report)["data-check"] == states(report)["clean-first"] == "clear"
    ratio = report["audits"][0]
    assert ratio["high"] < 0.2


def test_pope_is_called_high_in_noise(real_data: Path) -> None:
    run, report = audited(*pope(real_data))

    assert run.errors == 622
    assert noise_of(report)["strength"] == "strong"
    assert report["causes"]["priorities"][0]["cause"] == "noise"
    assert [piece["figure"] for piece in noise_of(report)["evidence_for"]] == ["audited_noise"]
    assert states(report)["data-check"] == states(report)["clean-first"] == "points"
    # Nothing in the file says why: without people every error stays undetermined.
    assert report["causes"]["undetermined"] == run.errors
