"""Designing an experiment: a wish becomes arms that each change one factor, or is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from annotations.cleaning.scoring_runs import latest_score
from annotations.models import CuratedSet
from annotations.science.curation.curation import Recipe
from diagnostics.experiments import needs
from diagnostics.experiments.judged_samples import CuratedSetUnreadable
from diagnostics.models import Experiment, Trial
from diagnostics.science.experiments.catalogue import registry
from diagnostics.science.experiments.design.design import USUAL_SEEDS, Arm, Design, DesignRefused
from diagnostics.science.experiments.design.settings import FACTORS, Settings
from diagnostics.science.experiments.material.glossary_text import GlossaryUnreadable, read_glossary
from diagnostics.science.experiments.training.files import ExperimentFiles, FilesChanged
from triage.models import Run

CUSTOM = "custom"
BUILTIN, CHECKPOINT, COMMAND = "builtin", "checkpoint", "command"
MOST_EPOCHS = 1000
PACKAGES = ("alignment-triage", "numpy", "scipy", "torch", "transformers")


class ExperimentRefused(ValueError):
    """The experiment cannot be done as asked; the message is for the person who asked."""


@dataclass(frozen=True)
class Wish:
    """What is to be tried: an experiment of the registry by its name, or arms of one's own.

    `options`: of the registry's experiment. `trainer_options`: of the trainer, such as the folder
    of a checkpoint. `curated`: a frozen set; `recipe`: of one that is frozen when the experiment
    begins. `target`: another run of the project to test on. `glossary`: as it was typed.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = tuple(range(USUAL_SEEDS))
    arms: tuple[Mapping[str, Any], ...] = ()
    trainer: str = "builtin"
    trainer_options: Mapping[str, Any] = field(default_factory=dict)
    curated: CuratedSet | None = None
    recipe: Recipe | None = None
    target: Run | None = None
    glossary: str = ""


def design_of(wish: Wish) -> Design:
    """The arms and seeds of a wish. Raises ExperimentRefused, naming the factors that differ."""
    try:
        if wish.arms:
            return Design(tuple(_arm(each) for each in wish.arms), wish.seeds)
        experiment = registry.BY_NAME.get(wish.name)
        if experiment is None:
            known = ", ".join(registry.BY_NAME)
            words = _("There is no experiment “%(name)s” (there are: %(known)s).")
            raise ExperimentRefused(words % {"name": wish.name, "known": known})
        return registry.design(experiment, Settings(), dict(wish.options), wish.seeds)
    except ExperimentRefused:
        raise
    except DesignRefused as reason:
        raise ExperimentRefused(str(reason)) from reason
    except (KeyError, TypeError, ValueError) as problem:
        words = _("The arms cannot be read: %(problem)s")
        raise ExperimentRefused(words % {"problem": problem}) from problem


def _arm(given: Mapping[str, Any]) -> Arm:
    """An arm as somebody wrote it: only its name and what it changes have to be there."""
    return Arm(
        name=str(given["name"]),
        words=str(given.get("words") or given["name"]),
        settings=Settings.from_dict(given.get("settings") or {}),
        control=str(given.get("control") or ""),
    )


def design(run: Run, wish: Wish, *, user: Any = None) -> Experiment:
    """A new experiment that waits to be carried out.

    Raises ExperimentRefused for a design that breaks a rule, or parts that do not belong together.
    """
    _check(run, wish)
    wish = _suited(run, wish)
    arms = design_of(wish)
    experiment = Experiment(
        run=run,
        name=CUSTOM if wish.arms else wish.name,
        design=stored_design(arms),
        options=dict(wish.options),
        trainer=wish.trainer,
        trainer_options=dict(wish.trainer_options),
        curated_set=wish.curated,
        recipe=wish.recipe.as_dict() if wish.recipe is not None else {},
        score=latest_score(run),
        target=wish.target,
        glossary=wish.glossary,
        checksum=run.source_sha256,
        versions=_versions(),
        created_by=user,
    )
    _save(experiment, arms)
    return experiment


# What another one takes over to be the same.
CONFIGURED = (
    *("run", "name", "design", "options", "trainer", "trainer_options", "curated_set", "recipe"),
    *("score", "target", "glossary", "checksum", "people_checksum"),
)


def again(experiment: Experiment, *, user: Any = None) -> Experiment:
    """The same anew, from its stored configuration and what people had said when it first began.

    Raises ExperimentRefused where what was frozen is not there any more, or not what it was.
    """
    same = {name: getattr(experiment, name) for name in CONFIGURED}
    anew = Experiment(**same, versions=_versions(), created_by=user)
    if experiment.people_checksum:
        try:
            files_of(anew).copy_people(files_of(experiment), experiment.people_checksum)
        except (FileNotFoundError, FilesChanged) as reason:
            raise ExperimentRefused(str(reason)) from reason
    _save(anew, read_design(experiment))
    return anew


def files_of(experiment: Experiment) -> ExperimentFiles:
    """Its folder."""
    return ExperimentFiles(experiment.run.folder, experiment.uuid.hex)


def _versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def _save(experiment: Experiment, arms: Design) -> None:
    """The rows last: the file that they name is there."""
    with transaction.atomic():
        experiment.save(force_insert=True)
        Trial.objects.bulk_create(
            Trial(experiment=experiment, arm=arm.name, place=place, seed=seed)
            for place, arm in enumerate(arms.arms)
            for seed in arms.seeds
        )


def trainer_options(
    trainer: str, named: str, honours: Sequence[str] = (), epochs: int | None = None
) -> dict[str, Any]:
    """The options of a trainer as they are stored: the checkpoint, or the command, by its name.

    `honours`: factors that a command sees to itself, beside those that the settings name. `epochs`:
    of training; None is the trainer's own. Raises ExperimentRefused.
    """
    if epochs is not None and not 1 <= epochs <= MOST_EPOCHS:
        words = _("A model is trained for 1 to %(most)s epochs, not %(n)s.")
        raise ExperimentRefused(words % {"most": MOST_EPOCHS, "n": epochs})
    length = {} if epochs is None else {"epochs": epochs}
    if trainer == BUILTIN:
        return length
    if trainer == CHECKPOINT:
        if not named:
            raise ExperimentRefused(_("Name a folder on the server, or a hub id."))
        return {"model": named, **length}
    if trainer != COMMAND:
        raise ExperimentRefused(_("There is no trainer “%(name)s”.") % {"name": trainer})
    if named not in settings.TRAINING_COMMANDS:
        known = ", ".join(settings.TRAINING_COMMANDS) or _("none")
        words = _("“%(name)s” is no command of this server (it has: %(known)s).")
        raise ExperimentRefused(words % {"name": named, "known": known})
    if length:
        raise ExperimentRefused(_("A command says itself how long it trains."))
    honours = sorted({*honours, *settings.TRAINING_COMMAND_HONOURS.get(named, ())})
    if unknown := [each for each in honours if each not in FACTORS]:
        raise ExperimentRefused(_("There is no factor %(names)s.") % {"names": ", ".join(unknown)})
    return {"command": named, "honours": honours}


def _check(run: Run, wish: Wish) -> None:
    if wish.curated is not None and wish.curated.run_id != run.pk:
        raise ExperimentRefused(_("The curated set is of another run."))
    if wish.target is not None and wish.target.project_id != run.project_id:
        raise ExperimentRefused(_("The run to test on is of another project."))
    try:
        read_glossary(wish.glossary)
    except GlossaryUnreadable as reason:
        raise ExperimentRefused(str(reason)) from reason
    if wish.target is not None and wish.target.pk == run.pk:
        raise ExperimentRefused(_("A run cannot be its own target: choose another one."))


def _suited(run: Run, wish: Wish) -> Wish:
    """The wish with options that suit the run where none were chosen.

    What the registry's experiment needs has to be there before anything is put in a queue.
    """
    kind = registry.BY_NAME.get(wish.name)
    if kind is None or wish.arms:
        return wish
    design_of(wish)
    try:
        material = needs.outline(run, wish)
    except CuratedSetUnreadable as reason:
        raise ExperimentRefused(str(reason)) from reason
    options = registry.suited(kind, material, wish.options)
    if lacking := registry.missing(kind, material, options, wish.trainer):
        raise ExperimentRefused(needs.lacking_words(lacking))
    return replace(wish, options=options)


def stored_design(arms: Design) -> dict[str, Any]:
    """A design as its row keeps it."""
    return {"arms": [arm.as_dict() for arm in arms.arms], "seeds": list(arms.seeds)}


def read_design(experiment: Experiment) -> Design:
    """Arms and seeds of a stored experiment."""
    stored = experiment.design
    return Design(tuple(map(Arm.from_dict, stored["arms"])), tuple(stored["seeds"]))
