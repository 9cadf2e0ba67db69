"""Write a run's curated set into a folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.exports.curated import ExportRefused, export_curated
from annotations.management.arguments import answer, run_named
from annotations.science.curation.curation import KINDS, UNREVIEWED, Recipe
from annotations.science.curation.export_files import FORMATS, MANIFEST


class Command(BaseCommand):
    """export_curated RUN --to DIR --as jsonl|parquet|csv|llava|vqa|coco|…"""

    help = "Writes the kept and corrected samples in a trainer's format, with a record of the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = ", ".join((*KINDS, UNREVIEWED))
        parser.add_argument("run", help="number or uuid of the run")
        parser.add_argument("--to", required=True, help="folder to write; absent or empty")
        parser.add_argument(
            "--as",
            "--format",
            dest="file_format",
            default="jsonl",
            metavar="FORMAT",
            help=f"one of: {', '.join(FORMATS)}",
        )
        parser.add_argument("--bom", action="store_true", help="CSV that Excel reads: csv-bom")
        parser.add_argument("--no-pictures", action="store_true", help="names of pictures alone")
        parser.add_argument("--drop", nargs="*", metavar="VERDICT", help=f"drop these: {kinds}")
        parser.add_argument(
            "--weight", action="append", metavar="VERDICT=NUMBER", help="weight of what is kept"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_named(options["run"])
        file_format = options["file_format"]
        if options["bom"]:
            if file_format not in ("csv", "csv-bom"):
                raise CommandError("--bom goes with --as csv")
            file_format = "csv-bom"
        try:
            recipe = _recipe(options["drop"], options["weight"])
            curated = export_curated(
                run,
                to=Path(options["to"]),
                file_format=file_format,
                recipe=recipe,
                pictures=not options["no_pictures"],
            )
        except (ExportRefused, ValueError) as reason:
            raise CommandError(str(reason)) from reason
        manifest = curated.manifest
        counts = {name: manifest["counts"][name] for name in ("kept", "dropped", "corrected")}
        files = [str(Path(options["to"]) / each["name"]) for each in manifest["files"]]
        document = {
            **counts,
            "pictures": manifest["pictures"]["written"],
            "pictures_missing": manifest["pictures"]["missing"],
            "files": [*files, str(Path(options["to"]) / MANIFEST)],
        }
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
