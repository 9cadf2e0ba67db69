"""Reading and scoring a run's predictions anew, as its next version."""

from typing import Any

from triage.models import Run, ScoringMoved, ScoringVersion
from triage.science.ingest.rescoring import CannotRescore, Rescored, rescore
from triage.science.progress import Progress
from triage.science.words import gettext_noop

# Samples of each direction of a change that the command line names.
EXAMPLES = 5


def rescore_run(
    run: Run,
    rule: str = "",
    *,
    user: Any | None = None,
    progress: Progress = lambda share, step: None,
) -> ScoringVersion:
    """Score the run by `rule`, or by its own as predictions are read now; the version counts then.

    Files first, rows last: until the version counts the run is what it was. Raises CannotRescore.
    """
    number = run.scoring_version + 1
    made = rescore(run.folder, rule or run.scoring, number=number, progress=progress)
    if run.accuracy is None:
        # Imported before it was kept.
        run.accuracy = made.was_accuracy
    try:
        progress(0.98, gettext_noop("Finishing"))
        version = _version_of(run, number, made, user)
        run.adopt(version)
    except ScoringMoved:
        made.folder.delete_samples()
        raise CannotRescore(
            gettext_noop("The run was scored anew meanwhile: look at it, then start again")
        ) from None
    except BaseException:
        made.folder.delete_samples()
        raise
    return version


def _version_of(run: Run, number: int, made: Rescored, user: Any | None) -> ScoringVersion:
    return ScoringVersion(
        run=run,
        number=number,
        rule=made.rule,
        samples_at=made.folder.samples_at,
        errors=made.errors,
        accuracy=made.accuracy,
        outcome=made.outcome(),
        errors_gone=made.gone.count,
        errors_new=made.new.count,
        gone_positions=made.gone.positions,
        new_positions=made.new.positions,
        created_by=user,
    )


def document_of(version: ScoringVersion) -> dict[str, Any]:
    """What `rescore_run --json` prints of a version that followed another."""
    run = version.run
    was = run.scoring_versions.get(number=version.number - 1)
    return {
        "run": run.pk,
        "version": version.number,
        "rule": version.rule,
        "samples": run.samples,
        "errors": version.errors,
        "accuracy": version.accuracy,
        "was": {
            "version": was.number,
            "rule": was.rule,
            "errors": was.errors,
            "accuracy": was.accuracy,
        },
        "errors_gone": version.errors_gone,
        "errors_new": version.errors_new,
        "examples": [
            *_examples(version, "gone", version.gone_positions),
            *_examples(version, "new", version.new_positions),
        ],
    }


def _examples(version: ScoringVersion, change: str, positions: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "change": change,
            "sample_id": row["sample_id"],
            "prediction": row["prediction"],
            "answered": row["prediction"] if row["answered"] is None else row["answered"],
            "references": row["answers"] or [],
        }
        for row in version.browser.rows(positions[:EXAMPLES])
    ]
