"""Pages of the noise ratio, and the lists of audits."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.audits import record
from annotations.models.access import audit_for
from annotations.ratio import audit_lists, item_table, page
from annotations.standing.documents import noise_document
from triage.models import Role
from triage.projects.access import membership_in, project_for, run_for
from triage.requests import PageRequest


@require_GET
def audit_page(request: PageRequest, pk: int) -> HttpResponse:
    """The noise ratio page; htmx asks for one part of it."""
    audit = audit_for(request.user, pk, Role.LEAD)
    chosen = request.GET.get("verdict", "")
    number = request.GET.get("page", "1")
    part = request.htmx.target
    if part == "noise":
        return render(request, "annotations/ratio/_noise.html", vars(page.noise_part(audit)))
    if part == "items":
        items = item_table.items_context(audit, chosen, number)
        return render(request, "annotations/ratio/_items.html", items)
    return render(
        request,
        "annotations/ratio/audit.html",
        {
            **vars(page.noise_part(audit)),
            **item_table.items_context(audit, chosen, number),
            **record.draw_context(audit),
        },
    )


@require_GET
def noise_json(request: PageRequest, pk: int) -> HttpResponse:
    """What the page shows, as JSON."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return JsonResponse(noise_document(audit))


@require_GET
def run_audits(request: PageRequest, pk: int) -> HttpResponse:
    """The audits of a run: a fragment of the run page, a small page on its own."""
    run = run_for(request.user, pk)
    context = {"run": run, "audits": page.audit_rows(run)}
    template = "_run_audits" if request.htmx else "run_audits"
    return render(request, f"annotations/ratio/{template}.html", context)


@require_GET
def project_audits(request: PageRequest, slug: str) -> HttpResponse:
    """The audits of a project: what to judge for everyone, estimates for leads."""
    project = project_for(request.user, slug, Role.ANNOTATOR)
    context = audit_lists.project_audits(project, membership_in(request.user, project))
    template = "_project_audits" if request.htmx else "project_audits"
    return render(request, f"annotations/ratio/{template}.html", {"project": project, **context})
