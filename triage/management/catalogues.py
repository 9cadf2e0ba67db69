"""Compiled catalogues of translations: made from the texts where they are missing or older."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_catalogues(folder: Path) -> list[Path]:
    """Write a .mo beside each .po under `folder` that has none, or an older one; those written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        # Several processes may do this at once: each moves a whole file into place.
        whole = compiled.with_name(f"{compiled.name}.{os.getpid()}.tmp")
        with source.open("rb") as texts, whole.open("wb") as target:
            write_mo(target, read_po(texts))
        whole.replace(compiled)
        written.append(compiled)
    return written
