"""The product's own verbs, as benchmarks use them: a place of its own, and a run of a file."""

import os
from pathlib import Path
from typing import Any


def prepare(folder: Path) -> None:
    """A data base and a data root of its own."""
    os.environ.update(
        SECRET_KEY="benchmark",
        DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
        DATA_ROOT=str(folder / "data"),
        DJANGO_SETTINGS_MODULE="triage.settings",
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def imported(project: Any, file: Path, name: str, images: Path | None = None) -> Any:
    """A run of a file, mapped and scored as its preview proposes. Raises ImportRefused."""
    from triage.imports.importing import import_run, preview, rule_for

    shown = preview(file, file.name)
    return import_run(
        project,
        file,
        source_name=file.name,
        name=name,
        mapping=shown.mapping,
        rule=rule_for(shown, shown.mapping),
        images=images,
    )
