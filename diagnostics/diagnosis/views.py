"""A run's diagnosis: the overview, one measure, the samples behind a number, the checklist."""

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from diagnostics.causes import error_table
from diagnostics.diagnosis import page, tasks
from diagnostics.diagnosis.diagnosing import read_document
from diagnostics.diagnosis.tasks import DIAGNOSE
from diagnostics.models import Diagnosis
from triage.projects.access import run_for
from triage.requests import PageRequest


@require_GET
def diagnosis(request: PageRequest, pk: int) -> HttpResponse:
    """All measures of the newest diagnosis."""
    run = run_for(request.user, pk)
    return render(request, "diagnostics/diagnosis/diagnosis.html", page.overview(run))


@require_POST
def diagnosis_start(request: PageRequest, pk: int) -> HttpResponse:
    """Take every measure anew, in the background."""
    run = run_for(request.user, pk)
    if run.jobs.filter(kind=DIAGNOSE.name).open().exists():
        messages.info(request, _("A diagnosis is under way already."))
    else:
        tasks.start_diagnosis(run, user=request.user)
    return redirect("diagnostics:diagnosis", pk)


@require_GET
def measure(request: PageRequest, pk: int, name: str) -> HttpResponse:
    """One measure with its tables and charts."""
    run = run_for(request.user, pk)
    return render(request, "diagnostics/diagnosis/measure.html", page.measure_page(run, name))


@require_GET
def behind(request: PageRequest, pk: int, name: str, key: str) -> HttpResponse:
    """The samples behind one number."""
    run = run_for(request.user, pk)
    return render(request, "diagnostics/diagnosis/behind.html", page.behind_page(run, name, key))


@require_GET
def diagnosis_json(request: PageRequest, pk: int) -> HttpResponse:
    """The newest diagnosis as one document."""
    run = run_for(request.user, pk)
    found = Diagnosis.latest_of(run)
    if found is None:
        raise Http404
    return JsonResponse(read_document(found), json_dumps_params={"ensure_ascii": False})


@require_GET
def errors_file(request: PageRequest, pk: int, form: str) -> StreamingHttpResponse:
    """Every error sample with its cause, features and evidence, as a file."""
    run = run_for(request.user, pk)
    if form not in error_table.FORMATS:
        raise Http404
    try:
        parts = error_table.streamed(run, form)
    except error_table.NotDiagnosed as reason:
        raise Http404 from reason
    response = StreamingHttpResponse(parts, content_type=error_table.FORMATS[form])
    response.headers["Content-Disposition"] = f'attachment; filename="run-{pk}-errors.{form}"'
    return response


@require_GET
def checklist(request: PageRequest, pk: int) -> HttpResponse:
    """Five steps and four rules, each with its number and the next act."""
    run = run_for(request.user, pk)
    return render(request, "diagnostics/diagnosis/checklist.html", vars(page.checklist_page(run)))
