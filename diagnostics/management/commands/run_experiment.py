"""Carry out an experiment here and now, and say what came of it."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from annotations.management.arguments import answer, run_named
from annotations.models import CuratedSet
from annotations.science.curation.curation import Recipe
from diagnostics.experiments import carrying_out, designing, page
from diagnostics.experiments.designing import ExperimentRefused, Wish
from diagnostics.models import Experiment
from diagnostics.science.experiments.catalogue.registry import BY_NAME
from diagnostics.science.experiments.design.design import USUAL_SEEDS
from diagnostics.templatetags.measured import in_unit, interval_words
from triage.management.arguments import identity
from triage.models import Run


class Command(BaseCommand):
    """run_experiment RUN NAME [options], or run_experiment --again UUID, or --resume UUID"""

    help = "Carries out an experiment on a run: arms by seeds, then what may be claimed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", nargs="?", help="number or uuid of the run")
        parser.add_argument("name", nargs="?", help="an experiment, such as cleaning")
        parser.add_argument("--seeds", type=int, default=USUAL_SEEDS, help="how many, 3 to 5")
        parser.add_argument("--option", action="append", default=[], help="name=value", dest="opts")
        parser.add_argument("--arms", type=Path, help="JSON list of arms of your own, as a file")
        parser.add_argument("--curated", help="uuid of a curated set, or now: freeze one first")
        parser.add_argument("--target", help="another run of the project to test on")
        parser.add_argument("--glossary", type=Path, help="a file of lines “word: other, other”")
        parser.add_argument(
            "--trainer", default="builtin", choices=["builtin", "checkpoint", "command"]
        )
        parser.add_argument("--checkpoint", default="", help="folder or hub id, of that trainer")
        parser.add_argument("--command", default="", help="its name in the settings, of that one")
        parser.add_argument(
            "--honours", nargs="*", default=[], help="factors that the command sees to itself"
        )
        parser.add_argument("--epochs", type=int, help="of training; else the trainer's own")
        parser.add_argument("--again", help="uuid of an experiment: the same anew")
        parser.add_argument("--resume", help="uuid of an experiment: what is left of it")
        parser.add_argument("--json", action="store_true", help="print the whole document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            experiment = self._chosen(options)
            carrying_out.carry_out(experiment, self._progress)
        except ExperimentRefused as reason:
            raise CommandError(str(reason)) from reason
        experiment = Experiment.objects.get(pk=experiment.pk)
        document = page.document(experiment)
        answer(self, document if options["json"] else _in_short(experiment), options["json"])

    def _chosen(self, options: dict[str, Any]) -> Experiment:
        if options["again"]:
            return designing.again(experiment_named(options["again"]))
        if options["resume"]:
            found = experiment_named(options["resume"])
            carrying_out.reopen(found)
            return found
        if not options["run"] or not (options["name"] or options["arms"]):
            known = ", ".join(_names())
            raise CommandError(f"Name a run and an experiment (there are: {known}).")
        run = run_named(options["run"])
        return designing.design(run, _wish(run, options))

    def _progress(self, share: float, step: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{100 * share:3.0f} % {step:<60.60}", ending="")


def experiment_named(text: str) -> Experiment:
    """The experiment with that number or uuid; CommandError when there is none."""
    chosen = identity(text)
    rows = Experiment.objects.select_related("run", "curated_set", "score", "target")
    found = rows.filter(**chosen).first() if chosen else None
    if found is None:
        raise CommandError(f"There is no experiment {text!r}: give its number or its uuid.")
    return found


def _wish(run: Run, options: dict[str, Any]) -> Wish:
    trainer = options["trainer"]
    named = options.get(trainer, "")
    now = options["curated"] == "now"
    return Wish(
        options["name"] or designing.CUSTOM,
        options=_options(BY_NAME.get(options["name"]), options["opts"]),
        seeds=tuple(range(options["seeds"])),
        arms=_arms(options["arms"]),
        trainer=trainer,
        trainer_options=designing.trainer_options(
            trainer, named, options["honours"], options["epochs"]
        ),
        curated=None if now else _curated(run, options["curated"]),
        recipe=Recipe() if now else None,
        target=run_named(options["target"]) if options["target"] else None,
        glossary=_read(options["glossary"]) if options["glossary"] else "",
    )


def _options(kind: Any, given: list[str]) -> dict[str, Any]:
    """`name=value` as the experiment's own values; an unknown one is refused with the design."""
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise CommandError(f"An option is name=value, not {text!r}.")
        offered = (
            next((each.choices for each in kind.options if each.name == name), ()) if kind else ()
        )
        found[name] = {str(choice): choice for choice in offered}.get(value, value)
    return found


def _arms(path: Path | None) -> tuple[dict[str, Any], ...]:
    if path is None:
        return ()
    try:
        stored = json.loads(_read(path))
    except ValueError as problem:
        raise CommandError(f"{path} is not JSON: {problem}") from problem
    if not isinstance(stored, list) or not all(isinstance(each, dict) for each in stored):
        raise CommandError(f"{path} holds no list of arms.")
    return tuple(stored)


def _curated(run: Run, text: str | None) -> CuratedSet | None:
    if not text:
        return None
    chosen = identity(text)
    found = CuratedSet.objects.filter(**chosen).first() if chosen else None
    if found is None:
        known = ", ".join(str(each.uuid) for each in run.curated_sets.all()) or "none"
        raise CommandError(f"There is no curated set {text!r} (the run has: {known}).")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise CommandError(f"{path} cannot be read: {problem}") from problem


def _names() -> tuple[str, ...]:
    return tuple(BY_NAME)


def _in_short(experiment: Experiment) -> dict[str, Any]:
    """A line each: the sentence, and every arm against its control."""
    found: dict[str, Any] = {
        "experiment": str(experiment.uuid),
        "state": experiment.phase,
    }
    if experiment.why:
        found["why"] = _(experiment.why)
    reading = carrying_out.reading_of(experiment)
    if reading is None:
        return found
    said = reading["conclusion"]
    found["says"] = " ".join(_(said[part]) for part in ("expected", "seen", "means") if said[part])
    if cautions := page.cautions_of(reading):
        found["beware"] = " ".join(f"{_(each['seen'])} {_(each['advice'])}" for each in cautions)
    for each in reading["comparisons"]:
        value = each["difference"]
        words = in_unit(value["value"], "points")
        if value["low"] is not None:
            words += f" ({interval_words(value)}, 95 %, {value['count']} seeds)"
        found[f"{each['arm']} against {each['control']}"] = words
    return found
