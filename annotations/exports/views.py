"""Curated exports: a preview, a job, a download."""

from django.conf import settings
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from annotations.exports import page, tasks
from annotations.exports.curated import is_stored, stored_at
from annotations.exports.forms import ExportForm, format_like
from annotations.exports.zipping import zip_folder
from annotations.models.access import curated_set_for
from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.science.store.store import DataRoot


@require_http_methods(["GET", "POST"])
def exports(request: PageRequest, pk: int) -> HttpResponse:
    """Choose a recipe, see what it would keep, start the export; earlier exports below."""
    run = run_for(request.user, pk)
    if request.method == "POST":
        form = ExportForm(request.POST)
        if form.is_valid():
            tasks.start_export(
                run,
                file_format=form.cleaned_data["file_format"],
                recipe=form.recipe(),
                pictures=not form.cleaned_data["without_pictures"],
                user=request.user,
            )
            return redirect(f"{reverse('annotations:exports', args=[run.pk])}#earlier")
    else:
        given = request.GET if "file_format" in request.GET else None
        form = ExportForm(given, initial={"file_format": format_like(run)})
    if request.htmx.target == "preview":
        context = page.preview_context(run, form)
        return render(request, "annotations/exports/_preview.html", context)
    status = 422 if form.errors else 200
    context = page.context(run, form)
    return render(request, "annotations/exports/exports.html", context, status=status)


@require_GET
def download(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """An export as a zip."""
    curated = curated_set_for(request.user, pk)
    root = DataRoot(settings.DATA_ROOT)
    if not is_stored(root, curated):
        raise Http404
    name = f"{slugify(curated.run.name) or 'run'}-curated-{curated.created_at:%Y%m%d-%H%M}"
    return StreamingHttpResponse(
        zip_folder(root, stored_at(curated), name),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )
