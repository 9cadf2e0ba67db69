"""How a run is scored: the page, and the form that changes it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.runs import rescoring_page
from triage.runs.tasks import start_rescoring
from triage.said import reason
from triage.science.ingest.rescoring import CannotRescore


@require_GET
def scoring(request: PageRequest, pk: int) -> HttpResponse:
    """Versions, rules, and what a change did."""
    run = run_for(request.user, pk)
    return render(request, "triage/runs/rescore.html", rescoring_page.context(run, request.GET))


@require_POST
def rescore(request: PageRequest, pk: int) -> HttpResponse:
    """Score the run anew in the background."""
    run = run_for(request.user, pk)
    try:
        start_rescoring(run, request.POST.get("rule", ""), request.user)
    except CannotRescore as problem:
        messages.error(request, reason(problem))
    return redirect("triage:run-scoring", pk=pk)
