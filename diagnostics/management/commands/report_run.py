"""The report of a run, for people who will never sign in."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.report.page import as_html, document
from triage.management.arguments import answer, run_named


class Command(BaseCommand):
    """report_run RUN [--html FILE]"""

    help = "Writes the report of a run as one HTML file, or prints it as one JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument("--html", metavar="FILE", help="where the page is written")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        if options["html"]:
            try:
                Path(options["html"]).write_text(as_html(run), encoding="utf-8")
            except OSError as problem:
                raise CommandError(str(problem)) from problem
        found = document(run)
        if not options["json"]:
            causes = found["causes"] or {"priorities": []}
            found = {
                "run": found["run"]["name"],
                "errors": found["run"]["errors"],
                "causes": {each["cause"]: each["strength"] for each in causes["priorities"]},
                "checklist": {each["key"]: each["state"] for each in found["checklist"]},
                "file": options["html"] or "",
            }
        answer(self, found, options["json"])
