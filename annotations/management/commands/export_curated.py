"""Write a run's curated set into a folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.exports.curated import ExportRefused, export_curated
from annotations.management.arguments import answer, run_named
from annotations.science.curation.curation import KINDS, UNREVIEWED, Recipe


class Command(BaseCommand):
    """export_curated RUN --to DIR --format jsonl|parquet|csv"""

    help = "Writes kept, dropped and corrected samples and weights, with a manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = ", ".join((*KINDS, UNREVIEWED))
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument("--to", required=True, help="folder to write; absent or empty")
        parser.add_argument("--format", default="jsonl", help="jsonl, parquet or csv")
        parser.add_argument("--drop", nargs="*", metavar="VERDICT", help=f"drop these: {kinds}")
        parser.add_argument(
            "--weight", action="append", metavar="VERDICT=NUMBER", help="weight of what is kept"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        try:
            recipe = _recipe(options["drop"], options["weight"])
            curated = export_curated(
                run, to=Path(options["to"]), file_format=options["format"], recipe=recipe
            )
        except (ExportRefused, ValueError) as reason:
            raise CommandError(str(reason)) from reason
        manifest = curated.manifest
        counts = {name: manifest["counts"][name] for name in ("kept", "dropped", "corrected")}
        files = [str(Path(options["to"]) / each["name"]) for each in manifest["files"]]
        document = {**counts, "files": [*files, str(Path(options["to"]) / "manifest.json")]}
        answer(self, {**document, "curated_set": str(curated.uuid)}, options["json"])


def _recipe(drop: list[str] | None, weights: list[str] | None) -> Recipe:
    """The default recipe with what was typed in its place; ValueError for what cannot be."""
    stored: dict[str, Any] = {} if drop is None else {"drop": drop}
    if weights:
        pairs = [text.partition("=") for text in weights]
        stored["weights"] = {
            **Recipe().weights,
            **{kind: float(number) for kind, _, number in pairs},
        }
    return Recipe.from_dict(stored)
