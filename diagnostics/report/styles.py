"""Styles of a page that has to stand alone."""

import base64
import hashlib
from functools import lru_cache

from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe

SHEETS = (
    "tokens.css",
    "components.css",
    "diagnostics/diagnosis/diagnosis.css",
    "diagnostics/experiments/experiments.css",
    "diagnostics/report/report.css",
)


@lru_cache(maxsize=1)
def inlined_styles() -> tuple[SafeString, str]:
    """The report's <style> element, and the CSP source that allows just the text in it."""
    text = "\n".join(_text(sheet) for sheet in SHEETS)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    # Our own files, read from disk: nothing in them comes from a request or a data set.
    return mark_safe(f"<style>{text}</style>"), f"'sha256-{digest}'"  # noqa: S308


def _text(sheet: str) -> str:
    found = finders.find(sheet)
    if not isinstance(found, str):
        raise FileNotFoundError(sheet)
    with open(found, encoding="utf-8") as stream:
        return stream.read()
