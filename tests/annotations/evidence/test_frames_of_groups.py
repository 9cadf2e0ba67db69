"""Rows that are one question asked several times are drawn once."""

from pathlib import Path

import pytest

from annotations.audits.drawing import draw_audit
from annotations.evidence.frames import frame_of, frame_size
from tests.factories import make_project, make_run, write_lines
from triage.models import Run

pytestmark = pytest.mark.django_db


def circular(tmp_path: Path, questions: int) -> Run:
    """Each question four times; the model errs in two of the four."""
    rows = [
        {
            "sample_id": f"{turn * 1_000_000 + n}",
            "group": f"q{n}",
            "question": f"Which is number {n}?",
            "answers": ["B"],
            "prediction": "B" if turn % 2 else "C",
        }
        for turn in range(4)
        for n in range(questions)
    ]
    file = write_lines(tmp_path / "circular.jsonl", rows)
    return make_run(make_project(), file, rule="choice")


def test_a_group_is_drawn_once_and_counted_once(tmp_path: Path) -> None:
    run = circular(tmp_path, 30)
    assert (run.samples, run.errors) == (120, 60)
    assert (run.outcome["groups"], run.outcome["groups_right"]) == (30, 0)

    frame = frame_of(run, {})
    assert frame_size(run, {}) == len(frame.sample_ids) == 30
    assert len({int(name) % 1_000_000 for name in frame.sample_ids}) == 30

    audit = draw_audit(run, protocol="custom", size=30, seed=1)
    assert audit.items.count() == 30
