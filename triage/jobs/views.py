"""Background work: one page that shows how far it is, polled while it runs."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from triage.models import Job
from triage.models.kinds import IMPORT
from triage.projects.access import job_for
from triage.requests import PageRequest


@require_GET
def job(request: PageRequest, job_uuid: Any) -> HttpResponse:
    """How far a job is; whoever polls is sent on when it is done."""
    chosen = job_for(request.user, job_uuid)
    if request.htmx:
        response = render(request, "triage/jobs/_job.html", {"job": chosen})
        if chosen.state == Job.State.DONE and chosen.kind == IMPORT.name and chosen.run:
            response["HX-Redirect"] = chosen.run.get_absolute_url()
        elif not chosen.is_open:
            # The page around the bar was made while the work was not done.
            response["HX-Refresh"] = "true"
        return response
    if chosen.state == Job.State.DRAFT:
        return redirect("triage:import", job_uuid=chosen.uuid)
    return render(request, "triage/jobs/job.html", {"job": chosen, "project": chosen.project})
