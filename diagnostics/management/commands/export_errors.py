"""Every error sample with its cause, features and evidence, as a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.causes.error_table import NotDiagnosed, write_error_table
from triage.management.arguments import answer, run_named


class Command(BaseCommand):
    """export_errors RUN --to FILE"""

    help = "Writes every error sample of a diagnosis with its cause, features and evidence."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument("--to", required=True, help="a file that ends in .csv or .parquet")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        try:
            rows = write_error_table(run, Path(options["to"]))
        except (NotDiagnosed, ValueError, OSError) as reason:
            raise CommandError(str(reason)) from reason
        answer(self, {"run": run.pk, "rows": rows, "file": options["to"]}, options["json"])
