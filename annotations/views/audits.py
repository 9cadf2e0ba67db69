"""Audits: drawing one, reading its noise ratio, closing it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations import audits, draw_page, draw_record, item_table, noise_page
from annotations.forms import DrawForm
from annotations.models.access import audit_for
from annotations.standing import standing
from triage.models import Role
from triage.projects.access import run_for


@require_http_methods(["GET", "POST"])
def audit_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a protocol and a population, and draw."""
    run = run_for(request.user, pk)
    start = {"protocol": "quality-200", "overlap": 1, "population": request.GET.get("filter")}
    form = DrawForm(request.POST if request.method == "POST" else None, run=run, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            audit = audits.draw_audit(run, user=request.user, **form.wishes())
        except audits.AuditRefused as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, draw_page.drawn_words(audit))
            return redirect(audit)
    status = 422 if form.errors else 200
    return render(
        request, "annotations/audit_new.html", draw_page.context(run, form), status=status
    )


@require_GET
def audit_frame(request: HttpRequest, pk: int) -> HttpResponse:
    """What the form, as filled in so far, would draw from: the fragment under the fields."""
    run = run_for(request.user, pk)
    frame = draw_page.frame(run, DrawForm(request.GET, run=run))
    return render(request, "annotations/_frame.html", {"run": run, "frame": frame})


@require_GET
def audit_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The noise ratio page; htmx asks for one part of it."""
    audit = audit_for(request.user, pk, Role.LEAD)
    chosen = request.GET.get("verdict", "")
    number = request.GET.get("page", "1")
    part = request.htmx.target  # type: ignore[attr-defined]
    if part == "noise":
        return render(request, "annotations/_noise.html", noise_page.noise_context(audit))
    if part == "items":
        items = item_table.items_context(audit, chosen, number)
        return render(request, "annotations/_items.html", items)
    return render(
        request,
        "annotations/audit.html",
        {
            **noise_page.noise_context(audit),
            **item_table.items_context(audit, chosen, number),
            **draw_record.draw_context(audit),
        },
    )


@require_GET
def noise_json(request: HttpRequest, pk: int) -> HttpResponse:
    """What the page shows, as JSON."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return JsonResponse(standing.noise_document(audit))


@require_POST
def audit_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Take no more verdicts."""
    audit = audit_for(request.user, pk, Role.LEAD)
    audits.close(audit)
    messages.success(request, _("The audit is closed: no more verdicts are taken."))
    return redirect(audit)


@require_POST
def audit_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take verdicts again."""
    audit = audit_for(request.user, pk, Role.LEAD)
    audits.reopen(audit)
    messages.success(request, _("The audit is open again."))
    return redirect(audit)


@require_GET
def run_audits(request: HttpRequest, pk: int) -> HttpResponse:
    """The audits of a run: a fragment of the run page, a small page on its own."""
    run = run_for(request.user, pk)
    context = {"run": run, "audits": noise_page.audit_rows(run)}
    template = "_run_audits" if request.htmx else "run_audits"  # type: ignore[attr-defined]
    return render(request, f"annotations/{template}.html", context)
