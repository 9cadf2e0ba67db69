"""How far the people of an audit agree: the page, the numbers, the votes."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from annotations.agreement import agreement, files, own_work
from annotations.agreement.page import agreement_context
from annotations.models import Audit
from annotations.models.access import audit_for
from triage.models import Role
from triage.requests import PageRequest


@require_GET
def agreement_page(request: PageRequest, pk: int) -> HttpResponse:
    """The agreement page."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return render(request, "annotations/agreement/agreement.html", agreement_context(audit))


@require_GET
def agreement_json(request: PageRequest, pk: int) -> HttpResponse:
    """What the page shows, as JSON."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return JsonResponse(agreement.agreement_document(audit))


@require_GET
def votes_csv(request: PageRequest, pk: int) -> HttpResponse:
    """A row per drawn item, a column per annotator."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return _csv(audit, "votes", files.vote_rows(audit))


@require_GET
def figures_csv(request: PageRequest, pk: int) -> HttpResponse:
    """A row per figure of the page, with its interval."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return _csv(audit, "agreement", files.figure_rows(audit))


def _csv(audit: Audit, what: str, rows: Iterable[Any]) -> HttpResponse:
    name = f"{slugify(audit.name) or 'audit'}-{what}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    files.write(rows, response)
    return response


@require_GET
def own_work_page(request: PageRequest, pk: int) -> HttpResponse:
    """Count and pace; agreement once the audit is closed."""
    audit = audit_for(request.user, pk, Role.ANNOTATOR)
    return render(
        request, "annotations/agreement/own_work.html", own_work.own_work(audit, request.user)
    )
