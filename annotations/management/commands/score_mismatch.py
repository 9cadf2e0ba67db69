"""Score a run's samples by how likely they are noise."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.cleaning.scoring_runs import ScoreRefused, score_run
from annotations.management.arguments import answer, run_named


class Command(BaseCommand):
    """score_mismatch RUN [--label-free] [--seed S]"""

    help = "Scores a run's samples by how likely they are noise, and freezes the score."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument("--label-free", action="store_true", help="do not look at verdicts")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        try:
            score = score_run(run, label_free=options["label_free"], seed=options["seed"])
        except ScoreRefused as reason:
            raise CommandError(str(reason)) from reason
        roc = score.parameters.get("roc") or {}
        document = {
            "score": str(score.uuid),
            "method": score.method,
            "samples": score.parameters["samples"],
            "verdicts": score.parameters["verdicts"],
            "auroc": roc.get("auroc"),
            "auroc_low": roc.get("low"),
            "auroc_high": roc.get("high"),
        }
        answer(self, document, options["json"])
