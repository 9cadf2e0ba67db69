"""Files that match badly are not joined in silence where nobody sees it."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import make_project
from triage.models import Job, Role

pytestmark = pytest.mark.django_db


def test_the_api_asks_before_a_join_of_few_rows(client) -> None:
    project = make_project(lena=Role.LEAD)
    client.force_login(get_user_model().objects.get(username="lena"))
    answers = [{"question_id": n, "prediction": "red"} for n in range(40)]
    gold = [{"question_id": n, "question": "Which?", "answers": ["red"]} for n in range(30)]

    def sent(**more):
        files = [
            SimpleUploadedFile(name, "".join(json.dumps(row) + "\n" for row in rows).encode())
            for name, rows in (("answers.jsonl", answers), ("gold.jsonl", gold))
        ]
        address = f"/api/v1/projects/{project.slug}/runs/"
        return client.post(address, {"file": files, **more})

    refused = sent()
    assert refused.status_code == 400, refused.content
    assert "30 of 40 rows matched with gold.jsonl" in refused.json()["detail"]
    assert not Job.objects.exists()
    assert sent(confirm="true", accept_refused="true").status_code == 202
