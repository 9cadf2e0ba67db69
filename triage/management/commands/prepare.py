"""`prepare`: bring the database, the cache table, languages and static files up to date."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from triage.management.catalogues import compile_catalogues


class Command(BaseCommand):
    """Safe to run again; `serve` runs it first unless told not to."""

    help = "Migrate the database, compile the languages and collect the static files."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare everything that serving needs."""
        database = settings.DATABASES["default"]
        if database["ENGINE"].endswith("sqlite3"):
            Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        if "://" not in settings.DATA_ROOT:
            Path(settings.DATA_ROOT).mkdir(parents=True, exist_ok=True)
        for folder in settings.LOCALE_PATHS:
            compile_catalogues(Path(folder))
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        if options["verbosity"] > 0:
            self.stderr.write("Database, cache table, languages and static files are up to date.")
