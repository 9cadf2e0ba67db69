"""What the pages, the files and the API show of experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_noop

from diagnostics.experiments.carrying_out import reading_of
from diagnostics.experiments.designing import BUILTIN, CUSTOM, read_design
from diagnostics.models import Experiment, Trial
from diagnostics.science.causes.catalogue import CAUSES
from diagnostics.science.experiments.catalogue.registry import BY_NAME, EXPERIMENTS
from diagnostics.science.experiments.design.words import EXTRAS
from diagnostics.science.experiments.reading.cautions import cautions
from diagnostics.science.measures.charts import drawn
from triage.models import Run

# The plots of differences reach at least this far on both sides of zero, in shares.
LEAST_REACH = 0.02
CLAIMS = ("gain", "loss")
CUSTOM_TITLE = gettext_noop("Arms of one’s own")


def title_of(name: str) -> str:
    """The title of an experiment, an English source text; of an unknown one its name."""
    if name == CUSTOM:
        return CUSTOM_TITLE
    return BY_NAME[name].title if name in BY_NAME else name


def experiments_of(run: Run) -> Any:
    """Its experiments, the newest first, with what a list shows."""
    return run.experiments.select_related("run", "job", "created_by", "curated_set", "target")


def overview(run: Run) -> dict[str, Any]:
    """Every experiment that there is, by the cause it proves, and those of the run."""
    rows = [row(each) for each in experiments_of(run)]
    newest: dict[str, dict[str, Any]] = {}
    for each in reversed(rows):
        newest[each["experiment"].name] = each
    families = [
        {
            "cause": cause,
            "experiments": [
                {"kind": each, "newest": newest.get(each.name)}
                for each in EXPERIMENTS
                if each.cause == cause.name
            ],
        }
        for cause in CAUSES
    ]
    return {
        "run": run,
        "rows": rows,
        "reach": reach_of([each["difference"] for each in rows]),
        "families": [each for each in families if each["experiments"]],
    }


def row(experiment: Experiment) -> dict[str, Any]:
    """One line of a list: its title, where it stands, and the difference it is read by."""
    summary = experiment.summary
    return {
        "experiment": experiment,
        "title": title_of(experiment.name),
        "phase": experiment.phase,
        "summary": summary,
        "difference": summary.get("difference"),
    }


def page(experiment: Experiment) -> dict[str, Any]:
    """The page of one experiment: what came of it, how it was done, and how to do it again."""
    shown = progress(experiment)
    # Where no trial ended with a result, tables of dashes would hide why.
    done = any(each.state == Trial.State.DONE for each in shown["trials"])
    reading = reading_of(experiment) if done else None
    context = {
        **shown,
        "title": title_of(experiment.name),
        "kind": kind_of(experiment),
        "reading": reading,
        "configuration": configuration(experiment),
        "command": command(experiment),
    }
    if reading is None:
        return context
    leading = _leading(reading)
    differences = [each["difference"] for each in reading["comparisons"]]
    return {
        **context,
        "leading": leading,
        "several_further": len(differences) > 2,
        "extras": _extras(experiment, reading),
        "reach": reach_of([*differences, *(c["these_runs"] for c in reading["comparisons"])]),
        "arms": _arms(reading),
        "cautions": cautions_of(reading),
        # Experiments that were read before there were any have none.
        "by_role": reading.get("by_role", []),
        "by_word": reading.get("by_word", []),
        "charts": [chart for each in reading["charts"] if (chart := drawn(each))],
        "by_type": [
            {
                "comparison": each,
                "first": each is leading,
                "columns": each["strata"],
                "reach": reach_of(
                    [r["difference"] for column in each["strata"] for r in column["rows"]]
                ),
            }
            for each in sorted(reading["comparisons"], key=lambda each: each is not leading)
            if each["strata"]
        ],
    }


def progress(experiment: Experiment) -> dict[str, Any]:
    """The part that refreshes itself while it is open."""
    trials = list(experiment.trials.all())
    ended = sum(each.state != Trial.State.WAITING for each in trials)
    return {
        "experiment": experiment,
        "run": experiment.run,
        "phase": experiment.phase,
        "trials": trials,
        "ended": ended,
        "job": experiment.job,
        "seeds": experiment.design["seeds"],
        "table": _table(experiment, trials),
        "broken": _broken(experiment, trials),
        "together": experiment.trainer == BUILTIN,
    }


def _broken(experiment: Experiment, trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Why trials came to no result: a line for each arm and reason, with its seeds."""
    return [
        {"words": arm["words"], "why": why, "seeds": seeds}
        for arm in experiment.design["arms"]
        for why, seeds in _seeds_by_reason(trials, arm["name"]).items()
    ]


def _seeds_by_reason(trials: Sequence[Trial], arm: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for trial in trials:
        if trial.arm == arm and trial.why:
            found.setdefault(trial.why, []).append(trial.seed)
    return found


def _table(experiment: Experiment, trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """A row an arm with its trials in the order of the seeds."""
    return [
        {"arm": arm, "trials": [each for each in trials if each.arm == arm["name"]]}
        for arm in experiment.design["arms"]
    ]


def kind_of(experiment: Experiment) -> Any:
    """Its entry in the registry; None for arms of one's own."""
    return BY_NAME.get(experiment.name)


def _leading(reading: Mapping[str, Any]) -> dict[str, Any]:
    arm = reading["conclusion"]["arm"]
    found: dict[str, Any] = next(each for each in reading["comparisons"] if each["arm"] == arm)
    return found


def _arms(reading: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every arm with its comparison, if it has a control."""
    by_arm = {each["arm"]: each for each in reading["comparisons"]}
    words = {each["name"]: each["words"] for each in reading["arms"]}
    return [
        {
            "arm": each,
            "comparison": by_arm.get(each["name"]),
            "control_words": words.get(each["control"], ""),
            "ended": sum(trial["credit"] is not None for trial in each["trials"]),
        }
        for each in reading["arms"]
    ]


def cautions_of(reading: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """What the result should be taken with caution for."""
    return [] if reading is None else [asdict(each) for each in cautions(reading)]


def _extras(experiment: Experiment, reading: Mapping[str, Any]) -> list[str]:
    """Further numbers of the trials, where the experiment is about what they measure."""
    kind = kind_of(experiment)
    if kind is not None and kind.cause != "spatial" and kind.name != "control_group":
        return []
    found = {name for each in reading["arms"] for name in each["extra"]}
    return [*(name for name in EXTRAS if name in found), *sorted(found - set(EXTRAS))]


def reach_of(values: Sequence[Mapping[str, Any] | None]) -> float:
    """How far a plot of differences goes on both sides of zero: the furthest limit, rounded up."""
    limits = [
        abs(value[name])
        for value in values
        if value is not None
        for name in ("value", "low", "high")
        if value[name] is not None
    ]
    furthest = max([LEAST_REACH, *limits])
    step = 0.02 if furthest <= 0.1 else 0.1
    return round(step * -(-furthest // step), 10)


def configuration(experiment: Experiment) -> dict[str, Any]:
    """Everything that is needed to carry it out again, bit for bit."""
    run, target, curated = experiment.run, experiment.target, experiment.curated_set
    return {
        "run": {"id": run.pk, "uuid": str(run.uuid), "name": run.name},
        "checksum": experiment.checksum,
        "people_checksum": experiment.people_checksum,
        "design": experiment.design,
        "options": experiment.options,
        "trainer": experiment.trainer,
        "trainer_options": experiment.trainer_options,
        "trainer_configuration": experiment.configuration,
        "curated_set": str(curated.uuid) if curated is not None else None,
        "mismatch_score": str(experiment.score.uuid) if experiment.score is not None else None,
        "target": str(target.uuid) if target is not None else None,
        "glossary": experiment.glossary,
        "versions": experiment.versions,
    }


def command(experiment: Experiment) -> str:
    """The command that carries it out again."""
    return f"manage.py run_experiment --again {experiment.uuid}"


def document(experiment: Experiment) -> dict[str, Any]:
    """The experiment as plain values: what its page says, and what its API answers."""
    reading = reading_of(experiment)
    return {
        "id": experiment.pk,
        "uuid": str(experiment.uuid),
        "name": experiment.name,
        "title": title_of(experiment.name),
        "state": experiment.phase,
        "why": experiment.why,
        "created_at": experiment.created_at.isoformat(),
        "configuration": configuration(experiment),
        "trials": trial_rows(experiment),
        "reading": reading,
        "cautions": cautions_of(reading),
    }


def trial_rows(experiment: Experiment) -> list[dict[str, Any]]:
    """Every trial: its arm, the one factor the arm changes, its seed, and how it ended."""
    arms = read_design(experiment)
    return [
        {
            "arm": each.arm,
            "control": arms.arm(each.arm).control,
            "factor": arms.factor(arms.arm(each.arm)),
            "seed": each.seed,
            "state": each.state,
            "credit": each.credit,
            "seconds": each.seconds,
            "why": each.why,
        }
        for each in experiment.trials.all()
    ]


def proofs(run: Run) -> dict[str, list[dict[str, Any]]]:
    """By cause, what experiments have shown: the newest ended one of each kind, claims first."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for each in experiments_of(run).filter(state=Experiment.State.DONE):
        kind = BY_NAME.get(each.name)
        if kind is not None and each.summary:
            found.setdefault(kind.cause, {}).setdefault(each.name, row(each))
    return {
        cause: sorted(rows.values(), key=lambda each: each["summary"]["verdict"] not in CLAIMS)
        for cause, rows in found.items()
    }


def ended(run: Run) -> dict[str, Any]:
    """What the report shows: every experiment that ended with a result, the newest first."""
    rows = [row(each) for each in experiments_of(run).filter(state=Experiment.State.DONE)]
    found = [each for each in rows if each["summary"]]
    return {"experiments": found, "reach": reach_of([each["difference"] for each in found])}


def in_report(shown: Mapping[str, Any]) -> dict[str, Any]:
    """One of them as plain values."""
    experiment = shown["experiment"]
    return {
        "id": experiment.pk,
        "uuid": str(experiment.uuid),
        "name": experiment.name,
        "title": shown["title"],
        **shown["summary"],
    }


def starts(run: Run) -> dict[str, list[dict[str, str]]]:
    """By cause, the experiments that would prove it, with where each is designed."""
    address = reverse("diagnostics:experiment-new", args=[run.pk])
    found: dict[str, list[dict[str, str]]] = {}
    for each in EXPERIMENTS:
        entry = {"title": each.title, "address": f"{address}?experiment={each.name}"}
        found.setdefault(each.cause, []).append(entry)
    return found
