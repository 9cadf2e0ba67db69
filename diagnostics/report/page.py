"""The report: run, audits, noise ratio, diagnosis, priorities, for people who never sign in."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from annotations.models import Audit
from annotations.standing.documents import noise_document
from diagnostics.diagnosis import priorities
from diagnostics.diagnosis.audits import judged_audits
from diagnostics.diagnosis.page import checklist_page
from diagnostics.diagnosis.priorities import measures_of, plain_causes
from diagnostics.experiments import page as experiments_page
from diagnostics.report.styles import inlined_styles
from diagnostics.science.measures.charts import drawn
from diagnostics.science.measures.documents import finite
from triage.models import Run

# Rows of a table that the report prints; the page of the measure has all of them.
MOST_ROWS = 12


def context(run: Run) -> dict[str, Any]:
    """The report's page."""
    from diagnostics.science.measures.registry import MEASURES

    diagnosis, measures = measures_of(run)
    shown = [
        {
            "measure": measure,
            "figures": measures[measure.name]["figures"],
            "tables": [
                {**each, "rows": each["rows"][:MOST_ROWS], "left": len(each["rows"][MOST_ROWS:])}
                for each in measures[measure.name]["tables"]
            ],
            "charts": [chart for c in measures[measure.name]["charts"] if (chart := drawn(c))],
        }
        for measure in MEASURES
        if measures is not None and measure.name in measures and measures[measure.name]["figures"]
    ]
    return {
        **checklist_page(run),
        "project": run.project,
        "made_at": timezone.now(),
        "clustering": run.current_clustering(),
        "audits": [each for question in Audit.Question for each in judged_audits(run, question)],
        "causes": priorities.causes(diagnosis, measures) if diagnosis and measures else None,
        "measures": shown,
        **experiments_page.ended(run),
    }


def as_html(run: Run) -> str:
    """The page as one text that stands alone: styles inside, no script, nothing to fetch."""
    styles, _allowed = inlined_styles()
    return render_to_string("diagnostics/report/report.html", {**context(run), "styles": styles})


def document(run: Run) -> dict[str, Any]:
    """The same as plain values."""
    page = context(run)
    causes = page["causes"]
    found: dict[str, Any] = finite(
        {
            "run": {
                "id": run.pk,
                "uuid": str(run.uuid),
                "name": run.name,
                "project": run.project.name,
                "samples": run.samples,
                "errors": run.errors,
                "source": run.source_name,
                "checksum": run.source_sha256,
                "scoring": run.scoring,
            },
            "made_at": page["made_at"].isoformat(),
            "audits": [noise_document(each.audit) for each in page["audits"]],
            "checklist": [
                {
                    "key": each.entry.key,
                    "state": each.finding.state,
                    "words": each.finding.words,
                    "points_to": list(each.finding.causes),
                    "figures": [
                        {"words": f["words"], "value": f["value"]} for f in each.finding.figures
                    ],
                }
                for each in (*page["steps"], *page["rules"])
            ],
            "causes": None if causes is None else plain_causes(causes),
            "experiments": [experiments_page.in_report(each) for each in page["experiments"]],
            "measures": measures_of(run)[1],
        }
    )
    return found
