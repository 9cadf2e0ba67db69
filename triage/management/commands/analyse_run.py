"""Measure and cluster the error samples of a run."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.clusters.analysing import AnalysisRefused, analyse_run, summary
from triage.management.arguments import answer, run_named


class Command(BaseCommand):
    """analyse_run RUN [--encoder NAME] [--seed S]"""

    help = "Computes features, embeddings and clusters of a run's error samples."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument(
            "--encoder",
            help="given, builtin or clip:FOLDER_OR_HUB_ID (default: the file's embeddings if every "
            "row has them, else builtin)",
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        if not 0 <= options["seed"] < 2**32:
            raise CommandError("the seed must lie between 0 and 4294967295")
        loud = options["verbosity"] > 1
        try:
            clustering = analyse_run(
                run,
                seed=options["seed"],
                encoder=options["encoder"],
                progress=self._progress if loud else lambda share, step: None,
            )
        except AnalysisRefused as problem:
            raise CommandError(str(problem)) from problem
        answer(self, summary(clustering), options["json"])

    def _progress(self, share: float, step: str) -> None:
        self.stderr.write(f"{100 * share:3.0f} % {step}")
