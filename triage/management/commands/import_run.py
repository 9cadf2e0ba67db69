"""Import files of predictions as runs."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.imports.importing import (
    FIELD_NAMES,
    SPLITS,
    WordNeeded,
    checked_rule,
    import_plan,
    look,
)
from triage.imports.outcome import document_of
from triage.management.arguments import answer, project_named, user_named
from triage.models import Project, Run
from triage.science.ingest.planning import Plan, nothing_said, rule_for
from triage.science.record.mapping import merged, parse_assignments
from triage.science.words import Refused

# Which option gives the leave that an import asks for.
OPTIONS = {"refused": "--accept-refused", "doubtful": "--confirm"}


class Command(BaseCommand):
    """import_run FILE… --project P [--map field=column[+column] …]"""

    help = (
        "Imports predictions as runs: one or several files, folders, patterns or zips. Read are "
        "JSON, JSON Lines, CSV, TSV, Excel, Parquet, WebDataset, saved Hugging Face data sets, and "
        "what evaluation tools write."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
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
            nargs="+",
            default=[],
            metavar="FIELD=COLUMN[+COLUMN]",
            help="read a field from a column or a path in one, such as doc.question (several are "
            'joined with "-"; text in double quotes is the same in every row; nothing after = '
            "leaves the field out); several at once, or repeated",
        )
        parser.add_argument(
            "--scoring",
            "--rule",
            dest="scoring",
            help="given, choice, yes_no, exact, any_of, vqa, numeric, relaxed or anls",
        )
        parser.add_argument(
            "--split", choices=SPLITS, default="test", help="of rows that name none (default test)"
        )
        parser.add_argument("--encoding", help="of a text file that is not UTF-8")
        parser.add_argument(
            "--accept-refused",
            action="store_true",
            help="import what fits even where more than 5 %% of the rows are refused",
        )
        parser.add_argument(
            "--confirm",
            action="store_true",
            help="import even where nearly all would be errors, where rule and judge contradict "
            "each other, or where files match badly",
        )
        parser.add_argument("--user", help="who is named as having imported it")
        parser.add_argument("--json", action="store_true", help="print one JSON object a run")

    def handle(self, *args: Any, **options: Any) -> None:
        images: Path | None = options["images"]
        if images is not None and not images.exists():
            raise CommandError(f"{images}: there is no such folder or zip")
        project = _project(options["project"], options["create_project"])
        with tempfile.TemporaryDirectory() as folder:
            for run in self._runs(project, Path(folder), options):
                self._tell(run, options["json"])

    def _runs(self, project: Project, folder: Path, options: dict[str, Any]) -> list[Run]:
        assignments = [each for several in options["map"] for each in several]
        settled = frozenset(each.partition("=")[0].strip() for each in assignments)
        files = [(path, path.name) for path in options["files"]]
        try:
            found = look(files, folder, settled=settled, encoding=options["encoding"])
            planned = [_as_asked(plan, assignments, options["scoring"]) for plan in found]
            self._ask(planned, options["confirm"])
            return [self._import(project, plan, options, len(planned)) for plan in planned]
        except WordNeeded as problem:
            raise CommandError(f"{problem}\nTo import it anyway: {OPTIONS[problem.flag]}") from None
        except Refused as problem:
            raise CommandError(str(problem)) from problem

    def _ask(self, planned: list[Plan], confirmed: bool) -> None:
        asks = [str(ask) for plan in planned for ask in plan.asks]
        if asks and not confirmed:
            told = "\n".join(dict.fromkeys(asks))
            raise CommandError(f"{told}\nTo import it anyway: --confirm")

    def _import(self, project: Project, plan: Plan, options: dict[str, Any], of: int) -> Run:
        name = options["name"]
        images = options["images"]
        flags = {"refused": options["accept_refused"], "doubtful": options["confirm"]}
        return import_plan(
            project,
            plan,
            name=f"{name} · {plan.model}" if name and of > 1 else name,
            source_name=", ".join(path.name for path in options["files"]),
            default_split=options["split"],
            images=images.resolve() if images else None,
            sides=[(each, each.name) for each in options["side"]],
            user=user_named(options["user"]) if options["user"] else None,
            leave=frozenset(flag for flag, given in flags.items() if given),
            progress=self._progress if options["verbosity"] > 1 else lambda share, step: None,
        )

    def _tell(self, run: Run, as_json: bool) -> None:
        document = document_of(run)
        if as_json:
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            return
        answer(
            self, {k: document[k] for k in _TOLD if document[k] not in ("", {}, [], None)}, False
        )

    def _progress(self, share: float, step: str) -> None:
        self.stderr.write(f"{100 * share:3.0f} % {step}")


_TOLD = (
    "run", "name", "model", "profile", "samples", "groups", "errors", "accuracy", "rule", "rules",
    "judge_agreement", "published", "read", "refused", "reasons", "images", "image_names", "notes",
    "mapping",
)  # fmt: skip


def _as_asked(plan: Plan, assignments: list[str], scoring: str | None) -> Plan:
    """The plan with what was said on the command line; refuses one without predictions."""
    changes = parse_assignments(assignments, plan.columns, FIELD_NAMES)
    mapping = merged(plan.mapping, changes)
    if not mapping.columns_of("prediction"):
        raise nothing_said(plan)
    rule = plan.rule
    if scoring:
        rule = checked_rule(scoring)
    elif changes:
        rule = rule_for(plan.columns, plan.rows, mapping)
    return replace(plan, mapping=mapping, rule=rule)


def _project(text: str, create: bool) -> Project:
    if create and not Project.objects.filter(slug=text).exists():
        known = Project.objects.filter(name=text).first()
        return known or Project.start(text)
    return project_named(text)
