"""The report: run, audits, noise ratio, diagnosis, priorities, for people who never sign in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from annotations.models import Audit
from annotations.standing.documents import NoiseDocument, noise_of
from diagnostics.diagnosis import priorities
from diagnostics.diagnosis.audits import Judged, judged_audits
from diagnostics.diagnosis.checklist import Answered
from diagnostics.diagnosis.page import ChecklistPage, checklist_page
from diagnostics.diagnosis.priorities import Causes, CausesDocument, measures_of, plain_causes
from diagnostics.experiments import page as experiments_page
from diagnostics.report.styles import inlined_styles
from diagnostics.science.measures.charts import Drawn, drawn
from diagnostics.science.measures.documents import document_of_result
from diagnostics.science.measures.registry import MEASURES
from diagnostics.science.measures.results import Measure
from triage.models import Clustering, Project, Run

# Rows of a table that the report prints; the page of the measure has all of them.
MOST_ROWS = 12


@dataclass(frozen=True)
class ShownMeasure:
    """A measure in the report: figures and tables as the diagnosis stores them, charts drawn.

    A table has its first rows alone, and under `left` how many more there are.
    """

    measure: Measure
    figures: list[dict[str, Any]]
    tables: list[dict[str, Any]]
    charts: list[Drawn]


@dataclass(frozen=True)
class ReportPage(ChecklistPage):
    """The report with the checklist in it; its fields are the template's names.

    `experiments`: lines of those that ended; `reach`: how far the plot of their differences goes
    on both sides of zero, a share.
    """

    project: Project
    made_at: datetime
    clustering: Clustering | None
    audits: list[Judged]
    causes: Causes | None
    measures: list[ShownMeasure]
    experiments: list[dict[str, Any]]
    reach: float


@dataclass(frozen=True)
class RunDocument:
    """The run in the report's JSON; `checksum`: SHA-256 of its source."""

    id: int
    uuid: str
    name: str
    project: str
    samples: int
    errors: int
    source: str
    checksum: str
    scoring: str


@dataclass(frozen=True)
class ChecklistFigure:
    """A number that an entry of the checklist rests on."""

    words: str
    value: dict[str, Any]


@dataclass(frozen=True)
class ChecklistEntry:
    """An entry of the checklist; `points_to`: the causes that its finding speaks for."""

    key: str
    state: str
    words: str
    points_to: list[str]
    figures: list[ChecklistFigure]


@dataclass(frozen=True)
class ReportDocument:
    """The report: run, audits, checklist, causes, experiments, measures."""

    run: RunDocument
    made_at: str
    audits: list[NoiseDocument]
    checklist: list[ChecklistEntry]
    causes: CausesDocument | None
    experiments: list[dict[str, Any]]
    measures: dict[str, Any] | None


def report_page(run: Run) -> ReportPage:
    """The report's page."""
    diagnosis, measures = measures_of(run)
    return ReportPage(
        **vars(checklist_page(run)),
        project=run.project,
        made_at=timezone.now(),
        clustering=run.current_clustering(),
        audits=[each for question in Audit.Question for each in judged_audits(run, question)],
        causes=priorities.causes(diagnosis, measures) if diagnosis and measures else None,
        measures=_shown(measures or {}),
        **experiments_page.ended(run),
    )


def _shown(measures: dict[str, Any]) -> list[ShownMeasure]:
    """The measures that have a figure, in the order of the registry."""
    found = [(each, measures[each.name]) for each in MEASURES if each.name in measures]
    return [
        ShownMeasure(
            measure=measure,
            figures=stored["figures"],
            tables=[
                {**each, "rows": each["rows"][:MOST_ROWS], "left": len(each["rows"][MOST_ROWS:])}
                for each in stored["tables"]
            ],
            charts=[chart for each in stored["charts"] if (chart := drawn(each))],
        )
        for measure, stored in found
        if stored["figures"]
    ]


def as_html(run: Run) -> str:
    """The page as one text that stands alone: styles inside, no script, nothing to fetch."""
    styles, _allowed = inlined_styles()
    context = {**vars(report_page(run)), "styles": styles}
    return render_to_string("diagnostics/report/report.html", context)


def document(run: Run) -> dict[str, Any]:
    """The same as plain values."""
    page = report_page(run)
    return document_of_result(
        ReportDocument(
            run=_run(run),
            made_at=page.made_at.isoformat(),
            audits=[noise_of(each.audit) for each in page.audits],
            checklist=[_entry(each) for each in (*page.steps, *page.rules)],
            causes=None if page.causes is None else plain_causes(page.causes),
            experiments=[experiments_page.in_report(each) for each in page.experiments],
            measures=measures_of(run)[1],
        )
    )


def _run(run: Run) -> RunDocument:
    return RunDocument(
        id=run.pk,
        uuid=str(run.uuid),
        name=run.name,
        project=run.project.name,
        samples=run.samples,
        errors=run.errors,
        source=run.source_name,
        checksum=run.source_sha256,
        scoring=run.scoring,
    )


def _entry(found: Answered) -> ChecklistEntry:
    return ChecklistEntry(
        key=found.entry.key,
        state=found.finding.state,
        words=found.finding.words,
        points_to=list(found.finding.causes),
        figures=[ChecklistFigure(f["words"], f["value"]) for f in found.finding.figures],
    )
