"""Audits: drawing one, reading its noise ratio, closing it."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations import item_table, noise_page
from annotations.audits import record
from annotations.models.access import audit_for
from annotations.standing import standing
from triage.models import Role
from triage.projects.access import run_for


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
            **record.draw_context(audit),
        },
    )


@require_GET
def noise_json(request: HttpRequest, pk: int) -> HttpResponse:
    """What the page shows, as JSON."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return JsonResponse(standing.noise_document(audit))


@require_GET
def run_audits(request: HttpRequest, pk: int) -> HttpResponse:
    """The audits of a run: a fragment of the run page, a small page on its own."""
    run = run_for(request.user, pk)
    context = {"run": run, "audits": noise_page.audit_rows(run)}
    template = "_run_audits" if request.htmx else "run_audits"  # type: ignore[attr-defined]
    return render(request, f"annotations/{template}.html", context)
