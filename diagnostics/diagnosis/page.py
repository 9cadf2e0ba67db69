"""What the pages of a diagnosis show: an overview of all measures, and one measure at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from diagnostics.diagnosis import checklist, priorities
from diagnostics.diagnosis.audits import with_people
from diagnostics.diagnosis.checklist import Answered
from diagnostics.diagnosis.diagnosing import read_document
from diagnostics.diagnosis.tasks import DIAGNOSE
from diagnostics.models import Diagnosis
from diagnostics.science.measures.charts import drawn
from diagnostics.science.measures.registry import BY_NAME, MEASURES
from triage.models import Job, Run
from triage.runs.filters import query_of
from triage.science.store.browsing import SampleFilter
from triage.sent import whole_number

# Figures of a measure that the overview shows.
FIRST = 4
MOST_BEHIND = 100


def overview(run: Run) -> dict[str, Any]:
    """Every measure with its first figures; or that there is no diagnosis yet."""
    diagnosis = Diagnosis.latest_of(run)
    job = run.jobs.filter(kind=DIAGNOSE.name).first()
    shown = job if job is not None and (job.is_open or job.state == Job.State.FAILED) else None
    context: dict[str, Any] = {"run": run, "diagnosis": diagnosis, "job": shown}
    if diagnosis is None:
        return context

    found = with_people(run, read_document(diagnosis)["measures"])
    cards = [
        {
            "measure": measure,
            "figures": found[measure.name]["figures"][:FIRST],
            "absent": found[measure.name]["absent"],
            "note": found[measure.name]["note"],
        }
        for measure in MEASURES
        if measure.name in found
    ]
    return {
        **context,
        "cards": [card for card in cards if card["figures"]],
        "unmeasured": [card for card in cards if not card["figures"]],
        "causes": priorities.causes(diagnosis, found),
        "newer_rules": priorities.is_outdated(diagnosis),
        "stale": diagnosis.is_older_than(run.current_clustering()),
    }


def measure_page(run: Run, name: str) -> dict[str, Any]:
    """One measure: figures, tables, charts, and where its samples are. Raises Http404."""
    diagnosis, measure, found = _measured(run, name)

    figures = [
        {
            **each,
            "samples": each.get("address") or _address(run, name, each["name"], each["behind"]),
        }
        for each in found["figures"]
    ]
    tables = [
        {
            **table,
            "rows": [
                {
                    **row,
                    "samples": _address(run, name, f"{table['name']}.{n}", row["behind"]),
                    "drawn": _drawn(row),
                }
                for n, row in enumerate(table["rows"])
            ],
            "is_drawn": any(_drawn(row) for row in table["rows"]),
            "mark": _overall(found),
        }
        for table in found["tables"]
    ]
    charts = [chart for each in found["charts"] if (chart := drawn(each))]
    return {
        "run": run,
        "diagnosis": diagnosis,
        "measure": measure,
        "measures": MEASURES,
        "found": {**found, "figures": figures, "tables": tables, "charts": charts},
    }


def _drawn(row: dict[str, Any]) -> dict[str, Any] | None:
    """The first share with an interval: what is drawn beside its row."""
    return next(
        (each for each in row["values"] if each["unit"] == "share" and each["low"] is not None),
        None,
    )


def _overall(found: dict[str, Any]) -> float | None:
    """The first share of a measure, which its tables are held against."""
    first = next(iter(found["figures"]), None)
    is_share = first is not None and first["value"]["unit"] == "share"
    return first["value"]["value"] if first is not None and is_share else None


def behind_page(run: Run, name: str, key: str) -> dict[str, Any]:
    """The samples that were named one by one behind a figure or a row. Raises Http404."""
    diagnosis, measure, found = _measured(run, name)
    words, behind = _behind(found, key)
    if behind is None or behind["positions"] is None:
        raise Http404
    positions = behind["positions"]
    return {
        "run": run,
        "diagnosis": diagnosis,
        "measure": measure,
        "words": words,
        "rows": run.browser.rows(positions[:MOST_BEHIND]),
        "count": len(positions),
        "left": max(0, len(positions) - MOST_BEHIND),
    }


def _measured(run: Run, name: str) -> tuple[Diagnosis, Any, dict[str, Any]]:
    diagnosis = Diagnosis.latest_of(run)
    if diagnosis is None or name not in BY_NAME:
        raise Http404
    found = with_people(run, read_document(diagnosis)["measures"]).get(name)
    if found is None:
        raise Http404
    return diagnosis, BY_NAME[name], found


def _behind(found: dict[str, Any], key: str) -> tuple[str, dict[str, Any] | None]:
    """What a key of the page names: a figure, or `table.row`."""
    for figure in found["figures"]:
        if figure["name"] == key:
            return _(figure["words"]), figure["behind"]
    table_name, _dot, number = key.rpartition(".")
    for table in found["tables"]:
        place = whole_number(number, most=len(table["rows"]) - 1)
        if table["name"] == table_name and place is not None:
            row = table["rows"][place]
            return row["label"], row["behind"]
    raise Http404


def _address(run: Run, measure: str, key: str, behind: dict[str, Any] | None) -> str:
    """Where the samples behind a number are listed; empty where it names none."""
    if behind is None:
        return ""
    if behind["positions"] is not None:
        known = [run.pk, measure, key]
        return reverse("diagnostics:behind", args=known) if behind["positions"] else ""
    chosen = SampleFilter.from_dict(behind["criteria"])
    return f"{reverse('triage:run-errors', args=[run.pk])}?{query_of(chosen)}"


@dataclass(frozen=True)
class ChecklistPage:
    """The checklist with what it found; its fields are the template's names.

    `states`: each state's words. `settled` of the `entries` need no more evidence.
    """

    run: Run
    diagnosis: Diagnosis | None
    steps: list[Answered]
    rules: list[Answered]
    states: Mapping[str, Any]
    settled: int
    entries: int


def checklist_page(run: Run) -> ChecklistPage:
    """The checklist page."""
    diagnosis, measures = priorities.measures_of(run)
    steps, rules = checklist.answered(checklist.known_of(run, measures))
    return ChecklistPage(
        run=run,
        diagnosis=diagnosis,
        steps=steps,
        rules=rules,
        states=checklist.STATES,
        settled=sum(each.finding.state != "open" for each in (*steps, *rules)),
        entries=len(steps) + len(rules),
    )
