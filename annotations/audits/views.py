"""Pages that draw, close and reopen audits."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.audits import drawing, page
from annotations.audits.forms import DrawForm
from annotations.models.access import audit_for
from triage.models import Role
from triage.projects.access import run_for
from triage.requests import PageRequest


@require_http_methods(["GET", "POST"])
def audit_new(request: PageRequest, pk: int) -> HttpResponse:
    """Choose a protocol and a population, and draw."""
    run = run_for(request.user, pk)
    start = {"protocol": "quality-200", "overlap": 1, "population": request.GET.get("filter")}
    form = DrawForm(request.POST if request.method == "POST" else None, run=run, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            audit = drawing.draw_audit(run, user=request.user, **form.wishes())
        except drawing.AuditRefused as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, page.drawn_words(audit))
            return redirect(audit)
    status = 422 if form.errors else 200
    return render(request, "annotations/audits/new.html", page.context(run, form), status=status)


@require_GET
def audit_frame(request: PageRequest, pk: int) -> HttpResponse:
    """What the form, as filled in so far, would draw from: the fragment under the fields."""
    run = run_for(request.user, pk)
    frame = page.frame(run, DrawForm(request.GET, run=run))
    return render(request, "annotations/audits/_frame.html", {"run": run, "frame": frame})


@require_POST
def audit_close(request: PageRequest, pk: int) -> HttpResponse:
    """Take no more verdicts."""
    audit = audit_for(request.user, pk, Role.LEAD)
    drawing.close(audit)
    messages.success(request, _("The audit is closed: no more verdicts are taken."))
    return redirect(audit)


@require_POST
def audit_reopen(request: PageRequest, pk: int) -> HttpResponse:
    """Take verdicts again."""
    audit = audit_for(request.user, pk, Role.LEAD)
    drawing.reopen(audit)
    messages.success(request, _("The audit is open again."))
    return redirect(audit)
