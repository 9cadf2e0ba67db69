"""The report, as a page and as JSON."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from diagnostics.report import page
from diagnostics.report.styles import inlined_styles
from triage.projects.access import run_for
from triage.requests import PageRequest


@require_GET
def report(request: PageRequest, pk: int) -> HttpResponse:
    """One page that stands alone: styles inside, no script, nothing to fetch."""
    run = run_for(request.user, pk)
    _styles, allowed = inlined_styles()
    response = HttpResponse(page.as_html(run))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {allowed}; img-src data:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'none'"
    )
    if request.GET.get("download") == "1":
        response.headers["Content-Disposition"] = f'attachment; filename="report-run-{run.pk}.html"'
    return response


@require_GET
def report_json(request: PageRequest, pk: int) -> HttpResponse:
    """The same as plain values."""
    run = run_for(request.user, pk)
    return JsonResponse(page.document(run), json_dumps_params={"ensure_ascii": False})
