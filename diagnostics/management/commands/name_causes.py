"""Name the causes of a run's errors anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.causes.naming import name_anew
from diagnostics.diagnosis.priorities import causes_document
from diagnostics.models import Diagnosis
from triage.management.arguments import answer, run_named


class Command(BaseCommand):
    """name_causes RUN"""

    help = "Names a run's errors by the rules, and the confirmed causes, of now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        diagnosis = Diagnosis.latest_of(run)
        if diagnosis is None or diagnosis.naming() is None:
            raise CommandError("The run was not diagnosed yet: diagnose_run does that.")
        name_anew(diagnosis)
        found = causes_document(run) or {}
        if not options["json"]:
            ranked = found["priorities"]
            found = {
                "method": found["method"],
                "errors": found["errors"],
                **{
                    each["cause"]: f"{each['count']['value']} errors, evidence {each['strength']}"
                    for each in ranked
                },
                "undetermined": found["undetermined"],
            }
        answer(self, found, options["json"])
