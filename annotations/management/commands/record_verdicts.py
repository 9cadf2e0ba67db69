"""Verdicts made elsewhere, recorded in an audit as if they had been given on its page."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.management.arguments import answer, audit_named
from annotations.review import verdict_files


class Command(BaseCommand):
    """record_verdicts AUDIT FILE --annotator USER"""

    help = (
        "Records a CSV or JSON Lines file of sample_id and verdict (also corrected_answer, "
        "comment). The same file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("audit", help="number or uuid of the audit")
        parser.add_argument("file", type=Path, help="CSV or JSON Lines; columns sample_id, verdict")
        parser.add_argument(
            "--annotator",
            required=True,
            help="user name; an unknown one becomes a member who cannot sign in",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        audit = audit_named(options["audit"])
        try:
            verdict_files.check_file(audit, options["file"])
            annotator = verdict_files.annotator_named(audit, options["annotator"])
            result = verdict_files.record_file(audit, options["file"], annotator)
        except verdict_files.FileRefused as problem:
            raise CommandError(str(problem)) from problem
        if not options["json"]:
            for refusal in result.refused:
                self.stderr.write(str(refusal))
        document: dict[str, Any] = {
            "audit": audit.pk,
            "recorded": result.recorded,
            "unchanged": result.unchanged,
            "refused": len(result.refused),
        }
        if options["json"]:
            document["refusals"] = [asdict(refusal) for refusal in result.refused]
        answer(self, document, options["json"])
