"""What the page of a run's scoring shows: versions, rules, what a change did."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils.translation import gettext as _

from triage.models import Run, ScoringVersion
from triage.runs.tasks import RESCORE
from triage.science.ingest.rescoring import MOST_POSITIONS
from triage.science.ingest.tally import ROWS_TRIED
from triage.science.record.scoring import RULES
from triage.sent import whole_number

PAGE_ROWS = 50
CHANGES = ("gone", "new")


@dataclass(frozen=True)
class RuleRow:
    """One rule: what it says of the run, and where it differs from the file's own verdict.

    `lacks`: the field without which it cannot be used here; empty where it can.
    """

    name: str
    title: str
    description: str
    accuracy: float | None
    agrees: float | None
    differs: int
    pairs: list[str]
    current: bool
    lacks: str


@dataclass(frozen=True)
class VersionRow:
    """One version in the list."""

    version: ScoringVersion
    title: str
    current: bool
    shown: bool


def context(run: Run, query: QueryDict) -> dict[str, Any]:
    """The page."""
    versions = run.versions_of_scoring()
    wanted = whole_number(query.get("version", ""))
    chosen = next((each for each in versions if each.number == wanted), versions[0])
    job = run.jobs.filter(kind=RESCORE.name).first()
    rules = _rules(run)
    return {
        "run": run,
        "project": run.project,
        "versions": [
            VersionRow(
                each, title_of(each.rule), each.number == run.scoring_version, each is chosen
            )
            for each in versions
        ],
        "rules": rules,
        "differing": [each for each in rules if each.pairs],
        "rows_tried": ROWS_TRIED if run.samples > ROWS_TRIED else None,
        "judge_agreement": run.outcome.get("judge_agreement"),
        "job": job,
        "busy": run.jobs.open().exists(),
        **_changed(chosen, query),
    }


def title_of(rule: str) -> str:
    """How pages call a rule."""
    return _(RULES[rule].title) if rule in RULES else rule


def _rules(run: Run) -> list[RuleRow]:
    """Every rule; those that say something of this run first, in the order of the import."""
    accuracy = run.outcome.get("rules", {})
    differing = {each["rule"]: each for each in run.outcome.get("differing", [])}
    present = set(run.browser.columns_present())
    order = sorted(RULES, key=lambda name: name not in accuracy)
    judged = "given" in accuracy
    return [
        RuleRow(
            name=name,
            title=title_of(name),
            description=_(RULES[name].description),
            accuracy=accuracy.get(name),
            agrees=_agrees(differing.get(name), name != "given" and name in accuracy and judged),
            differs=differing.get(name, {}).get("differs", 0),
            pairs=differing.get(name, {}).get("pairs", []),
            current=name == run.scoring,
            lacks="" if RULES[name].needs in present else RULES[name].needs,
        )
        for name in order
    ]


def _agrees(differing: dict[str, Any] | None, judged: bool) -> float | None:
    """How far a rule and the file's verdict agree; None where there is none."""
    if differing is not None:
        return differing["agrees"]
    return 1.0 if judged else None


def _changed(version: ScoringVersion, query: QueryDict) -> dict[str, Any]:
    """One page of the errors that a version took away or brought."""
    listed: dict[str, tuple[int, list[int]]] = {
        "gone": (version.errors_gone, version.gone_positions),
        "new": (version.errors_new, version.new_positions),
    }
    change = query.get("change", "")
    if change not in CHANGES:
        change = "new" if version.errors_new and not version.errors_gone else "gone"
    count, positions = listed[change]
    page = Paginator(positions, PAGE_ROWS).get_page(query.get("page"))
    return {
        "version": version,
        "change": change,
        "count": count,
        "cut": count > len(positions),
        "most": MOST_POSITIONS,
        "rows": version.browser.rows(list(page.object_list)),
        "page": page.number,
        "pages": page.paginator.num_pages,
    }
