"""What a person sees when a page cannot be shown."""

from pathlib import Path

from django.conf import settings
from django.test import RequestFactory

from triage.projects.errors import server_error


def test_a_fault_of_ours_is_said_without_database_or_manifest_and_fits_a_phone() -> None:
    page = server_error(RequestFactory().get("/"))
    text = page.content.decode()
    assert page.status_code == 500
    assert "Your verdicts are safe" in text
    assert 'name="viewport"' in text
    for name in ("tokens.css", "components.css"):
        assert f'href="/static/{name}"' in text
        assert (Path(settings.BASE_DIR) / "static" / name).is_file()
