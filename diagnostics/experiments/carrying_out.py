"""Experiments: designed, carried out in the background, stopped, resumed after a crash, read."""

import logging
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from annotations.exports.curated import export_to_data_root
from annotations.science.curation.curation import Recipe
from diagnostics.experiments import judged_samples
from diagnostics.experiments.designing import (
    BUILTIN,
    CHECKPOINT,
    ExperimentRefused,
    files_of,
    read_design,
)
from diagnostics.experiments.needs import lacking_words, source_of
from diagnostics.models import Experiment, Trial
from diagnostics.science.experiments.catalogue.registry import BY_NAME, expectations, missing
from diagnostics.science.experiments.design.design import Design, DesignRefused
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome, TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material.glossary_text import GlossaryUnreadable, read_glossary
from diagnostics.science.experiments.material.region_pictures import RegionPictures
from diagnostics.science.experiments.reading.reading import read
from diagnostics.science.experiments.training.arm_groups import TrialGroup, Work, groups, train
from diagnostics.science.experiments.training.files import ExperimentFiles, FilesChanged
from diagnostics.science.experiments.training.trainers.checkpoint import Schedule
from diagnostics.science.experiments.training.trainers.registry import trainer
from triage.science.progress import Progress

log = logging.getLogger(__name__)
# What of the whole is gathering; the rest is training.
GATHERING = 0.1
SECONDS_BETWEEN_LOOKS = 1.0
State = Experiment.State


def stop(experiment: Experiment) -> None:
    """Ask for the end: what has ended stays, what is being trained goes on when it is resumed.

    The built-in trainer goes on after the epoch that it was in, other trainers begin anew.
    """
    mine = Experiment.objects.filter(pk=experiment.pk)
    if mine.filter(state=State.WAITING).update(state=State.STOPPED, finished_at=timezone.now()):
        return
    if experiment.phase == Experiment.INTERRUPTED:
        # Nobody is there to hear it.
        mine.update(state=State.STOPPED, finished_at=timezone.now())
        return
    files_of(experiment).ask_stop()
    mine.filter(state=State.RUNNING).update(state=State.STOPPING)


def reopen(experiment: Experiment) -> None:
    """Let the trials that are left, and those that failed, be carried out.

    Raises ExperimentRefused for an experiment that is under way or has nothing left.
    """
    if not experiment.may_resume:
        raise ExperimentRefused(_("There is nothing to resume."))
    files = files_of(experiment)
    with transaction.atomic():
        # Two people may press the button.
        mine = Experiment.objects.filter(
            pk=experiment.pk, state=experiment.state, heard_at=experiment.heard_at
        )
        if not mine.update(state=State.WAITING, why="", heard_at=None, finished_at=None, job=None):
            raise ExperimentRefused(_("It is under way already."))
        experiment.trials.filter(state=Trial.State.FAILED).update(state=Trial.State.WAITING, why="")
    files.forget_stop()
    files.forget_progress()
    experiment.refresh_from_db()


def carry_out(
    experiment: Experiment, progress: Progress = lambda share, step: None
) -> Experiment | None:
    """Train what is left, then read all of it; None where somebody else has it, or it was stopped.

    Raises ExperimentRefused where the material does not allow it; the experiment says so too.
    """
    if not experiment.begin():
        return None
    files = files_of(experiment)
    files.forget_progress()
    watch = Watch(experiment, files, progress)
    watch.start()
    try:
        freeze(experiment)
        material = material_of(experiment, lambda share, step: progress(GATHERING * share, step))
        stopped = _train(experiment, material, files, watch)
        _conclude(experiment, material, files, stopped)
    except REFUSALS as reason:
        experiment.end(State.FAILED, str(reason))
        raise ExperimentRefused(str(reason)) from reason
    except Exception:
        experiment.end(
            State.FAILED, gettext_noop("Something went wrong on the server; its log says more.")
        )
        raise
    finally:
        watch.stop()
    return experiment


REFUSALS = (
    ExperimentRefused,
    DesignRefused,
    FilesChanged,
    TrainingRefused,
    GlossaryUnreadable,
    judged_samples.CuratedSetUnreadable,
)


def freeze(experiment: Experiment) -> None:
    """Freeze the curated set that was asked for, and what people have said until now; once."""
    if experiment.people_checksum:
        return
    if experiment.recipe and experiment.curated_set is None:
        experiment.curated_set = export_to_data_root(
            experiment.run,
            file_format="parquet",
            recipe=Recipe.from_dict(experiment.recipe),
            user=experiment.created_by,
            # Decisions are read from it, no pictures.
            pictures=False,
        )
        experiment.save(update_fields=["curated_set"])
    said = judged_samples.judged_samples(experiment.run, experiment.curated_set, experiment.score)
    experiment.people_checksum = files_of(experiment).freeze_people(said)
    experiment.save(update_fields=["people_checksum"])


def material_of(experiment: Experiment, progress: Progress) -> Material:
    """Everything that it trains and tests on, with what was frozen.

    Raises ExperimentRefused, saying what is missing and how to get it.
    """
    from diagnostics.science.experiments.material.gathering import gather_material

    gathered = gather_material(
        source_of(experiment.run),
        target=source_of(experiment.target) if experiment.target is not None else None,
        progress=progress,
    )
    # Of a run that is too large a seeded draw is trained and tested on.
    experiment.configuration = {"samples": gathered.samples, "of": gathered.of}
    said = files_of(experiment).people(experiment.people_checksum)
    curated = experiment.curated_set
    material = judged_samples.with_people(
        gathered.material, said, str(curated.uuid) if curated is not None else ""
    )
    material = replace(material, glossary=read_glossary(experiment.glossary))
    kind = BY_NAME.get(experiment.name)
    lacking: tuple[Any, ...] = ()
    if kind is not None:
        lacking = missing(kind, material, experiment.options, experiment.trainer)
    if lacking:
        raise ExperimentRefused(lacking_words(lacking))
    return material


def _train(
    experiment: Experiment, material: Material, files: ExperimentFiles, watch: "Watch"
) -> bool:
    """Train group by group, each kept as it ends; whether somebody asked to stop."""
    from diagnostics.science.experiments.training.computing import (
        BackendUnavailable,
        Failed,
        run_all,
    )

    options = trainer_options(experiment, material)
    chosen = trainer(experiment.trainer, **options)
    experiment.configuration |= chosen.configuration()
    experiment.save(update_fields=["configuration"])
    left = set(experiment.trials.filter(state=Trial.State.WAITING).values_list("arm", "seed"))
    arms = read_design(experiment)
    pieces = groups(arms, left, together=experiment.trainer == BUILTIN)
    watch.pieces = len(pieces)
    works = [Work(each, material, experiment.trainer, options, files) for each in pieces]
    jobs = min(settings.COMPUTE_JOBS, max(len(works), 1))
    found = run_all(train, works, settings.COMPUTE_BACKEND, jobs, settings.RAY_ADDRESS)
    # Closing ends the workers that are still at it.
    with closing(cast("Generator[Any, None, None]", found)):
        try:
            for place, result in found:
                if result is None:
                    return True
                piece = pieces[place]
                lost = isinstance(result, Failed)
                if isinstance(result, Failed):
                    result = piece.without_result(result.why)
                _keep(experiment, arms, result, material, files)
                if not lost:
                    # One whose worker was killed may be taken up again.
                    files.forget_trainings(piece.name)
                watch.ended(piece)
                if files.stop_asked():
                    return True
        except BackendUnavailable as reason:
            raise ExperimentRefused(str(reason)) from reason
    return False


def trainer_options(experiment: Experiment, material: Material) -> dict[str, Any]:
    """The options of its trainer, with what only this server knows: commands, and pictures.

    Raises ExperimentRefused for a command that the settings do not allow.
    """
    given = dict(experiment.trainer_options)
    if experiment.trainer == BUILTIN:
        return given
    own = RegionPictures.of(experiment.run.folder, experiment.run.image_root, material)
    other, target = experiment.target, material.target
    theirs = own
    if other is not None and target is not None:
        theirs = RegionPictures.of(other.folder, other.image_root, target)
    if experiment.trainer == CHECKPOINT:
        if epochs := given.pop("epochs", None):
            given["schedule"] = Schedule(epochs=epochs)
        return {**given, "load_image": own.image, "load_target_image": theirs.image}
    return {
        **given,
        "commands": settings.TRAINING_COMMANDS,
        "seconds": settings.TRAINING_COMMAND_SECONDS,
        "image_path": own.path,
        "target_image_path": theirs.path,
    }


def _keep(
    experiment: Experiment,
    arms: Design,
    ended: Sequence[Outcome],
    material: Material,
    files: ExperimentFiles,
) -> None:
    """The files of trials that ended, then their rows."""
    places = {arm.name: place for place, arm in enumerate(arms.arms)}
    for outcome in ended:
        other = arms.arm(outcome.arm).settings.tested_on == "other"
        tested = material.target if other and material.target is not None else material
        files.write_trial(places[outcome.arm], outcome, tested)
    with transaction.atomic():
        for outcome in ended:
            experiment.trials.filter(arm=outcome.arm, seed=outcome.seed).update(
                state=outcome.state,
                credit=float(outcome.credit.mean()) if outcome.state == "done" else None,
                seconds=outcome.seconds,
                why=outcome.why,
                finished_at=timezone.now(),
            )


def _conclude(
    experiment: Experiment, material: Material, files: ExperimentFiles, stopped: bool
) -> None:
    """Read all trials that have ended, and say how it ended."""
    ended = experiment.trials.exclude(state=Trial.State.WAITING)
    outcomes = [files.read_trial(each.place, each.seed) for each in ended]
    reading = read(read_design(experiment), outcomes, material, expectations_of(experiment))
    files.write_reading(reading.as_dict())
    if stopped:
        experiment.end(State.STOPPED, summary=summary_of(reading))
    elif any(each.state == "done" for each in outcomes):
        experiment.end(State.DONE, summary=summary_of(reading))
    else:
        why = next((each.why for each in outcomes if each.why), "")
        experiment.end(State.FAILED, why or gettext_noop("No trial ended with a result."))
    if not experiment.may_resume:
        files.forget_trainings()


def expectations_of(experiment: Experiment) -> Mapping[str, Any]:
    """What should happen to each arm if the cause is real; nothing for arms of one's own."""
    kind = BY_NAME.get(experiment.name)
    return expectations(kind, Settings(), experiment.options) if kind is not None else {}


def summary_of(reading: Any) -> dict[str, Any]:
    """The comparison that is read first, as lists and priorities show it."""
    found = reading.as_dict()
    leading = next(
        each for each in found["comparisons"] if each["arm"] == found["conclusion"]["arm"]
    )
    kept = ("arm", "control", "words", "control_words", "factor", "difference", "verdict")
    return {
        **{name: leading[name] for name in (*kept, "direction", "as_expected")},
        "conclusion": found["conclusion"],
    }


def reading_of(experiment: Experiment) -> dict[str, Any] | None:
    """What its trials say, as it was read when they ended; None before."""
    return files_of(experiment).read_reading()


class Watch(threading.Thread):
    """Says that the experiment is worked on, and how far it is, while trials are trained elsewhere.

    `pieces`: how many groups there are in all.
    """

    def __init__(self, experiment: Experiment, files: ExperimentFiles, progress: Progress) -> None:
        super().__init__(daemon=True)
        self.experiment, self.files, self.progress = experiment, files, progress
        self.pieces = self.done = 0
        self.over = threading.Event()

    def ended(self, piece: TrialGroup) -> None:
        """One group more has ended."""
        self.done += 1
        self.files.forget_progress(piece.number)

    def run(self) -> None:
        """Look until stopped."""
        while not self.over.wait(SECONDS_BETWEEN_LOOKS):
            try:
                self.experiment.beat()
                if self.pieces:
                    self.progress(*self._how_far())
            except DatabaseError:
                # A busy database is no death: the next look will say it.
                log.info("how far an experiment is could not be written")
        connection.close()

    def _how_far(self) -> tuple[float, str]:
        told = self.files.told()
        share = (self.done + sum(share for share, _step in told.values())) / self.pieces
        step = " · ".join(step for _share, step in told.values() if step)
        return GATHERING + (1 - GATHERING) * min(share, 1.0), step

    def stop(self) -> None:
        """Stop looking."""
        self.over.set()
        self.join(timeout=5)
