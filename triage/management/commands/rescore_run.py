"""Read and score a run's predictions anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.management.arguments import answer, run_named, user_named
from triage.runs.rescoring import document_of, rescore_run
from triage.science.ingest.rescoring import CannotRescore


class Command(BaseCommand):
    """rescore_run RUN [--rule RULE]"""

    help = (
        "Reads and scores a run's predictions anew, as its next version. Samples and their "
        "positions stay, the version before stays readable; audits name the one they drew from."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument(
            "--rule",
            default="",
            help="given, choice, yes_no, exact, any_of, vqa, numeric, relaxed or anls (default: "
            "the run's own, as predictions are read now)",
        )
        parser.add_argument("--user", help="who is named as having scored it")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        loud = options["verbosity"] > 1
        try:
            version = rescore_run(
                run,
                options["rule"],
                user=user_named(options["user"]) if options["user"] else None,
                progress=self._progress if loud else lambda share, step: None,
            )
        except CannotRescore as problem:
            raise CommandError(str(problem)) from problem
        answer(self, document_of(version), options["json"])

    def _progress(self, share: float, step: str) -> None:
        self.stderr.write(f"{100 * share:3.0f} % {step}")
