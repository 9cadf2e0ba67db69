"""What the page of a project's rules shows."""

from typing import Any

from diagnostics.causes.forms import RulesForm
from diagnostics.causes.naming import thresholds_of
from diagnostics.models import Diagnosis, RuleBook
from diagnostics.science.causes.catalogue import BY_NAME, CAUSES
from diagnostics.science.causes.evidence import BY_NAME as COLUMNS
from diagnostics.science.causes.rules import DEFAULTS, RULES, THRESHOLDS
from triage.models import Project


def context(project: Project, book: RuleBook | None, form: RulesForm) -> dict[str, Any]:
    """The rules as sentences with their numbers, the form, and the versions before."""
    values = thresholds_of(book)
    table = [
        {
            "rule": rule,
            "cause": BY_NAME[rule.cause],
            "conditions": [
                {
                    "words": COLUMNS[each.column].description,
                    "sign": "≥" if each.sign == "at least" else "≤",
                    "value": values[each.threshold],
                    "own": values[each.threshold] != DEFAULTS[each.threshold],
                }
                for each in rule.conditions
            ],
        }
        for rule in RULES
    ]
    return {
        "project": project,
        "book": book,
        "form": form,
        "table": table,
        "thresholds": [
            (form[f"t-{each.name}"], each) for each in THRESHOLDS if each.low < each.high
        ],
        "eases": [(cause, form[f"e-{cause.name}"], form[f"r-{cause.name}"]) for cause in CAUSES],
        "books": RuleBook.objects.filter(project=project).select_related("created_by")[:20],
        "diagnosed": Diagnosis.objects.filter(run__project=project)
        .select_related("run")
        .order_by("run_id", "-created_at"),
    }
