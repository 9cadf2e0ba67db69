"""One sample with everything the run says of it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from triage import run_page, sample_page
from triage.projects.access import run_for


@require_GET
def sample(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """The sample at a position of the run."""
    run = run_for(request.user, pk)
    context = run_page.one_sample(run, position, request.GET)
    if context is None:
        raise Http404
    context |= sample_page.shown(run, context["row"])
    return render(request, "triage/sample.html", context)
