"""Imports: choose a file, say how it is read, watch it come in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from triage.imports import page
from triage.imports.forms import FileForm
from triage.imports.importing import ImportRefused, SideFileRefused
from triage.models import Job, Role
from triage.models.kinds import IMPORT
from triage.projects.access import job_for, project_for
from triage.requests import PageRequest
from triage.said import reason


@require_http_methods(["GET", "POST"])
def import_start(request: PageRequest, slug: str) -> HttpResponse:
    """Step one: the file and its images."""
    project = project_for(request.user, slug, Role.LEAD)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = page.draft(project, form, request.user)
        except ImportRefused as problem:
            kind = "side_" if isinstance(problem, SideFileRefused) else ""
            uploaded = form.cleaned_data.get(f"{kind}upload")
            form.add_error(f"{kind}upload" if uploaded else f"{kind}path", reason(problem))
        else:
            return redirect("triage:import", job_uuid=job.uuid)
    status = 422 if form.errors else 200
    context = {"project": project, "form": form}
    return render(request, "triage/imports/start.html", context, status=status)


@require_http_methods(["GET", "POST"])
def import_describe(request: PageRequest, job_uuid: Any) -> HttpResponse:
    """Step two: preview and mapping of a draft; its progress once it is under way."""
    job = job_for(request.user, job_uuid)
    if job.kind != IMPORT.name or job.state != Job.State.DRAFT:
        return redirect("triage:job", job_uuid=job.uuid)
    try:
        found = page.shown(job)
    except ImportRefused as problem:
        job.fail(problem.sentence)
        return redirect("triage:job", job_uuid=job.uuid)
    form = page.mapping_form(job, found[0], request.POST or None)
    if request.htmx:
        tried = {"job": job, **page.trial_context(job, found[0], form)}
        return render(request, "triage/imports/_trial.html", tried)
    if request.method == "POST" and form.is_valid():
        page.confirm(job, form)
        return redirect("triage:job", job_uuid=job.uuid)
    status = 422 if form.errors else 200
    return render(
        request, "triage/imports/describe.html", page.context(job, found, form), status=status
    )


@require_POST
def import_reopen(request: PageRequest, job_uuid: Any) -> HttpResponse:
    """Describe a failed import anew."""
    job = job_for(request.user, job_uuid)
    page.reopen(job)
    return redirect("triage:import", job_uuid=job.uuid)


@require_POST
def import_anyway(request: PageRequest, job_uuid: Any) -> HttpResponse:
    """Import what was doubtful: the person has looked at it."""
    job = job_for(request.user, job_uuid)
    page.import_anyway(job)
    return redirect("triage:job", job_uuid=job.uuid)


@require_POST
def import_discard(request: PageRequest, job_uuid: Any) -> HttpResponse:
    """Throw a draft or a failed import away."""
    job = job_for(request.user, job_uuid)
    page.give_up(job)
    messages.success(request, _("The upload was thrown away."))
    return redirect(job.project)
