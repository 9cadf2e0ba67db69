"""An annotator's own page of an audit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations import own_work
from annotations.models.access import audit_for
from triage.models import Role


@require_GET
def own_work_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Count and pace; agreement once the audit is closed."""
    audit = audit_for(request.user, pk, Role.ANNOTATOR)
    return render(request, "annotations/own_work.html", own_work.own_work(audit, request.user))
