"""What was made from an earlier version of a run's scoring says so."""

from datetime import datetime
from typing import Any

from django import template

from triage.models import Run

register = template.Library()


@register.inclusion_tag("triage/runs/_rescored_since.html")
def rescored_since(run: Run, when: datetime) -> dict[str, Any]:
    """A notice where the run was scored anew after `when`; else nothing."""
    return {"run": run, "made_from": run.version_made_from(when)}
