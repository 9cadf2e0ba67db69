"""The Simplified Chinese catalogue: complete, compiled, and what pages show to who asks for it."""

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.annotations.audit_factories import make_audit, make_member
from triage.models import Role

FOLDER = Path(__file__).resolve().parents[2] / "locale" / "zh_Hans" / "LC_MESSAGES"
CHINESE = {"Accept-Language": "zh-hans"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%s|%%")


def catalogue(path: Path) -> dict:
    """Messages by id (plural ones by id and form), without the header."""
    with path.open("rb") as stream:
        found = dict(gettext.GNUTranslations(stream)._catalog)  # type: ignore[attr-defined]
    found.pop("", None)
    return found


def test_every_message_is_translated_and_none_is_doubtful() -> None:
    text = (FOLDER / "django.po").read_text(encoding="utf-8")
    assert "#, fuzzy" not in text
    assert text.count("\nmsgid ") - 1 == len(catalogue(FOLDER / "django.mo"))


def test_placeholders_are_kept() -> None:
    for key, translated in catalogue(FOLDER / "django.mo").items():
        source = key[0] if isinstance(key, tuple) else key
        wanted, found = set(PLACEHOLDER.findall(source)), set(PLACEHOLDER.findall(translated))
        # A singular may leave its number out where the plural has it.
        assert found >= wanted or isinstance(key, tuple), source


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="gettext is not installed")
def test_the_compiled_catalogue_is_that_of_the_sources(tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    subprocess.run(
        ["msgfmt", "--check-format", "-o", compiled, FOLDER / "django.po"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    assert catalogue(compiled) == catalogue(FOLDER / "django.mo")


@pytest.mark.django_db
def test_pages_speak_chinese_to_who_asks_for_it(client) -> None:
    page = client.get("/accounts/login/", headers=CHINESE).content.decode()
    assert '<html lang="zh-hans">' in page
    assert "Sign in" not in page
    audit = make_audit(4)
    client.force_login(make_member(audit.project, "lena", Role.LEAD))
    review = client.get(f"/audits/{audit.pk}/review/", headers=CHINESE).content.decode()
    assert "不匹配" in review
    assert "Reference answer" not in review
    noise = client.get(audit.get_absolute_url(), headers=CHINESE).content.decode()
    assert "What is established" not in noise
