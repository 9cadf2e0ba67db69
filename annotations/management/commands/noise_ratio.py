"""The noise ratio of an audit, as its page shows it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotations.management.arguments import answer, audit_named
from annotations.standing.documents import ratio_document
from annotations.standing.standing import noise_ratio


class Command(BaseCommand):
    """noise_ratio AUDIT"""

    help = "Prints the noise ratio of an audit with its exact interval and what is established."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("audit", help="number or uuid of the audit")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        audit = audit_named(options["audit"])
        answer(self, ratio_document(noise_ratio(audit)), options["json"])
