"""Take every measure of a run."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.diagnosis.diagnosing import DiagnosisRefused, diagnose_run, read_document
from triage.management.arguments import answer, run_named


class Command(BaseCommand):
    """diagnose_run RUN [--seed S]"""

    help = "Takes every measure of a run and stores them as its newest diagnosis."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true", help="print the whole document")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        try:
            diagnosis = diagnose_run(run, seed=options["seed"])
        except DiagnosisRefused as reason:
            raise CommandError(str(reason)) from reason
        document = read_document(diagnosis)
        if not options["json"]:
            measured = [name for name, each in document["measures"].items() if each["figures"]]
            document = {"diagnosis": diagnosis.pk, "run": run.pk, "measured": ", ".join(measured)}
        answer(self, document, options["json"])
