"""What people take out in Python: data frames over the real API."""

import json
from pathlib import Path

import pandas as pd
import pytest
from django.contrib.auth import get_user_model
from knox.models import AuthToken

from tests.factories import make_project, make_run, sample_rows, write_lines
from triage.client import Client, Refused, read_curated
from triage.models import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.server]


@pytest.fixture
def run(tmp_path: Path):
    file = write_lines(tmp_path / "answers.jsonl", sample_rows(1203, 41))
    return make_run(make_project(lena=Role.LEAD), file)


@pytest.fixture
def here(run, live_server) -> Client:
    lena = get_user_model().objects.get(username="lena")
    return Client(live_server.url, AuthToken.objects.create(lena)[1])


def test_errors_and_samples_are_frames_with_typed_columns_over_all_pages(run, here) -> None:
    errors, samples = here.errors(run.pk), here.samples(run.pk)

    assert (len(errors), len(samples)) == (41, 1203)
    assert errors["is_error"].all()
    assert samples["credit"].mean() == pytest.approx(run.accuracy)
    kinds = {"position": "Int64", "sample_id": "string", "confidence": "Float64"}
    assert {name: str(samples[name].dtype) for name in kinds} == kinds
    assert len(here.runs(run.project.slug)) == 1


def test_no_rows_are_a_frame_with_the_same_columns(run, here) -> None:
    none = here.errors(run.pk, question_type="no such type")
    assert list(none.columns) == list(here.errors(run.pk).columns)
    assert str(none["credit"].dtype) == "Float64"
    assert none.empty


def test_what_the_server_refuses_is_said(run, here, live_server) -> None:
    with pytest.raises(Refused, match="404"):
        here.errors(run.pk + 1)
    with pytest.raises(Refused, match="401"):
        Client(live_server.url, "no token").errors(run.pk)
    with pytest.raises(ValueError, match="no address"):
        Client("file:///etc", "x").errors(1)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_curated_set_is_a_frame(tmp_path: Path, suffix: str) -> None:
    rows = [{"sample_id": "a", "answer": "NA", "weight": 0.5, "corrected": True}]
    made = pd.DataFrame(rows)
    if suffix == "jsonl":
        (tmp_path / "train.jsonl").write_text(json.dumps(rows[0]) + "\n")
    elif suffix == "csv":
        made.to_csv(tmp_path / "train.csv", index=False)
    else:
        made.to_parquet(tmp_path / "train.parquet")
    assert read_curated(tmp_path).to_dict("records") == rows
    with pytest.raises(FileNotFoundError, match="no train"):
        read_curated(tmp_path / "elsewhere")
