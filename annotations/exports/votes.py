"""What each person said of a run's samples, for the record of an export."""

from collections.abc import Iterator
from typing import Any

from annotations.models import Adjudication, Verdict
from triage.models import Run

_WORDS = ("kind", "corrected_answer", "comment")
_COLUMNS = (*_WORDS, "item__sample_id", "item__audit__uuid", "item__audit__name", "created_at")


def votes_of(run: Run) -> Iterator[dict[str, Any]]:
    """Every standing verdict of the run's audits, then every word of a lead, oldest first.

    Gold items are no work on the run's samples: they are left out.
    """
    drawn = {"item__audit__run": run, "item__gold": ""}
    verdicts = Verdict.objects.standing().filter(**drawn).order_by("created_at", "pk")
    said = verdicts.values(*_COLUMNS, "annotator__username", "seconds", "candidate")
    for row in said.iterator():
        yield _vote(row, "annotator") | {name: row[name] for name in ("seconds", "candidate")}
    words = Adjudication.objects.newest().filter(**drawn).exclude(kind="")
    rows = words.order_by("created_at", "pk").values(*_COLUMNS, "adjudicator__username")
    for row in rows.iterator():
        yield _vote(row, "adjudicator")


def _vote(row: dict[str, Any], who: str) -> dict[str, Any]:
    return {
        "sample_id": row["item__sample_id"],
        "audit": str(row["item__audit__uuid"]),
        "audit_name": row["item__audit__name"],
        "person": row[f"{who}__username"],
        "role": who,
        **{name: row[name] or None for name in _WORDS},
        "given_at": row["created_at"].isoformat(timespec="seconds"),
    }
