"""Draw a random audit from a run's error samples."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.audits import assigning
from annotations.audits.drawing import AuditRefused, draw_audit
from annotations.management.arguments import answer, criteria_given, run_named, stored_filter_named
from annotations.models import Audit


class Command(BaseCommand):
    """draw_audit RUN --protocol NAME [--size --threshold --strict] [--seed S]"""

    help = "Draws a seeded random audit of a run's error samples for people to judge."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument(
            "--protocol", required=True, help="quality-200, checklist-100 or custom"
        )
        parser.add_argument("--size", type=int, help="items to draw (custom)")
        parser.add_argument(
            "--threshold", help="share of noise that the rule names, as 0.2, 20%% or 1/5 (custom)"
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            default=None,
            help="more than the threshold, instead of at least (custom)",
        )
        parser.add_argument("--seed", type=int, help="a random one is made and stored without it")
        parser.add_argument("--stored-filter", metavar="NAME", help="draw from this stored filter")
        parser.add_argument(
            "--criteria", metavar="JSON", help="draw from the errors that this filter selects"
        )
        parser.add_argument("--overlap", type=int, default=1, help="people per item (default 1)")
        parser.add_argument(
            "--question",
            choices=Audit.Question.values,
            default=Audit.Question.NOISE,
            help="is it noise, or is one of the first five candidates right",
        )
        parser.add_argument(
            "--design",
            choices=Audit.Design.values,
            default=Audit.Design.SIMPLE_RANDOM,
            help="how items are drawn; see docs/statistics.md",
        )
        parser.add_argument(
            "--policy",
            choices=Audit.Policy.values,
            default=Audit.Policy.AGREEMENT,
            help="how several verdicts on an item become one (with --overlap 2 or more)",
        )
        parser.add_argument(
            "--open-votes", action="store_true", help="who adjudicates sees the votes"
        )
        parser.add_argument("--people", metavar="NAMES", help="who judges, names with commas")
        parser.add_argument(
            "--gold", type=int, default=0, help="items with a known verdict to mix in"
        )
        parser.add_argument("--name", help="name of the audit")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        if options["criteria"] and options["stored_filter"]:
            raise CommandError("give --criteria or --stored-filter, not both")
        criteria = criteria_given(options["criteria"])
        try:
            audit = draw_audit(
                run,
                protocol=options["protocol"],
                seed=options["seed"],
                criteria=criteria or stored_filter_named(run, options["stored_filter"]),
                size=options["size"],
                threshold=options["threshold"],
                strict=options["strict"],
                name=options["name"],
                overlap=options["overlap"],
                question=options["question"],
                design=options["design"],
                policy=options["policy"],
                open_votes=options["open_votes"],
                people=assigning.members_named(run.project, _names(options["people"])),
                gold=options["gold"],
            )
        except AuditRefused as reason:
            raise CommandError(str(reason)) from reason
        sample_ids = list(audit.items.drawn().order_by("place").values_list("sample_id", flat=True))
        document = {
            "audit": audit.pk,
            "uuid": str(audit.uuid),
            "population": audit.population,
            "size": len(sample_ids),
            "seed": audit.seed,
            "sample_ids": sample_ids,
        }
        answer(self, document, options["json"])


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]
