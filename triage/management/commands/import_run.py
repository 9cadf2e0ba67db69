"""Import a file of predictions as a run."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.imports.importing import (
    FIELD_NAMES,
    SPLITS,
    ImportRefused,
    checked_rule,
    import_run,
    preview,
    rule_for,
)
from triage.management.arguments import answer, project_named, user_named
from triage.models import Project
from triage.science.record.mapping import MappingError, merged, parse_assignments


class Command(BaseCommand):
    """import_run FILE --project P [--map field=column[+column] ...]"""

    help = "Imports a file of predictions (JSON Lines, CSV, Parquet; also .gz) as a run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, help="slug or name of the project")
        parser.add_argument(
            "--create-project", action="store_true", help="make the project if there is none"
        )
        parser.add_argument("--name", default="", help="name of the run (default: the file's)")
        parser.add_argument("--images", type=Path, help="folder or zip of the images")
        parser.add_argument(
            "--side",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help=".npz or Parquet with attention, embeddings or losses by sample_id (repeatable)",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN[+COLUMN]",
            help='read a field from a column (several are joined with "-"; text in double quotes '
            "is the same in every row; nothing after = leaves the field out)",
        )
        parser.add_argument("--scoring", help="vqa, exact, choice, yes_no or given")
        parser.add_argument(
            "--split", choices=SPLITS, default="test", help="of rows that name none (default test)"
        )
        parser.add_argument("--user", help="who is named as having imported it")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        source: Path = options["file"]
        images: Path | None = options["images"]
        if images is not None and not images.exists():
            raise CommandError(f"{images}: there is no such folder or zip")
        project = _project(options["project"], options["create_project"])
        try:
            shown = preview(source, source.name)
            changes = parse_assignments(options["map"], shown.columns, FIELD_NAMES)
            mapping = merged(shown.mapping, changes)
            run = import_run(
                project,
                source,
                source_name=source.name,
                name=options["name"],
                mapping=mapping,
                rule=checked_rule(options["scoring"] or rule_for(shown, mapping)),
                default_split=options["split"],
                images=images.resolve() if images else None,
                sides=[(each, each.name) for each in options["side"]],
                user=user_named(options["user"]) if options["user"] else None,
                progress=self._progress if options["verbosity"] > 1 else lambda share, step: None,
            )
        except (ImportRefused, MappingError) as problem:
            raise CommandError(str(problem)) from problem
        document = {
            "run": run.pk,
            "uuid": str(run.uuid),
            "name": run.name,
            "samples": run.samples,
            "errors": run.errors,
            "refused": run.refused,
            "images_missing": run.images_missing,
            "side_files": run.side_files,
            "scoring": run.scoring,
            "mapping": run.mapping,
        }
        answer(self, document, options["json"])

    def _progress(self, share: float, step: str) -> None:
        self.stderr.write(f"{100 * share:3.0f} % {step}")


def _project(text: str, create: bool) -> Project:
    if create and not Project.objects.filter(slug=text).exists():
        known = Project.objects.filter(name=text).first()
        return known or Project.start(text)
    return project_named(text)
