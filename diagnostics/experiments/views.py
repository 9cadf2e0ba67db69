"""Experiments: what there is to try, the design of one, its result; start, stop, resume."""

import csv
import io

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from diagnostics.experiments import carrying_out, design_page, designing, page
from diagnostics.experiments.access import experiment_for
from diagnostics.experiments.designing import ExperimentRefused
from diagnostics.experiments.forms import ExperimentForm
from diagnostics.experiments.tasks import start_experiment
from diagnostics.models import Experiment
from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.science.record.csv_cells import guard_cell


@require_GET
def experiments(request: PageRequest, pk: int) -> HttpResponse:
    """Those of the run, and all that could be tried."""
    run = run_for(request.user, pk)
    return render(request, "diagnostics/experiments/experiments.html", page.overview(run))


@require_http_methods(["GET", "POST"])
def experiment_new(request: PageRequest, pk: int) -> HttpResponse:
    """Design an experiment: its arms, what it needs and lacks, its options; POST starts it."""
    run = run_for(request.user, pk)
    kind = design_page.kind_named(request.GET.get("experiment", ""))
    typed = request.GET if "seeds" in request.GET else None
    form = ExperimentForm(run, kind, request.POST or typed)
    if request.htmx.target == "design":
        part = design_page.checked(run, kind, form)
        return render(request, "diagnostics/experiments/_design.html", part)
    if request.method == "POST" and form.is_valid():
        try:
            experiment = designing.design(run, form.wish(), user=request.user)
        except ExperimentRefused as reason:
            form.add_error(None, str(reason))
        else:
            start_experiment(experiment, user=request.user)
            return redirect(experiment)
    context = design_page.context(run, kind, form)
    status = 422 if form.errors else 200
    return render(request, "diagnostics/experiments/new.html", context, status=status)


@require_GET
def experiment(request: PageRequest, pk: int) -> HttpResponse:
    """What came of it; htmx asks for its progress alone while it is open."""
    chosen = experiment_for(request.user, pk)
    if request.htmx.target == "progress":
        context = page.progress(chosen)
        response = render(request, "diagnostics/experiments/_progress.html", context)
        if not chosen.is_open:
            # The page around it was made while the work was not done.
            response["HX-Refresh"] = "true"
        return response
    return render(request, "diagnostics/experiments/experiment.html", page.page(chosen))


@require_POST
def experiment_stop(request: PageRequest, pk: int) -> HttpResponse:
    """Stop it; what has ended stays."""
    chosen = experiment_for(request.user, pk)
    carrying_out.stop(chosen)
    return redirect(chosen)


@require_POST
def experiment_resume(request: PageRequest, pk: int) -> HttpResponse:
    """Carry out what is left, or what failed."""
    chosen = experiment_for(request.user, pk)
    try:
        carrying_out.reopen(chosen)
    except ExperimentRefused as reason:
        messages.error(request, str(reason))
    else:
        start_experiment(chosen, user=request.user)
    return redirect(chosen)


@require_POST
def experiment_again(request: PageRequest, pk: int) -> HttpResponse:
    """The same anew, as it is stored."""
    chosen = experiment_for(request.user, pk)
    try:
        anew = designing.again(chosen, user=request.user)
    except ExperimentRefused as reason:
        messages.error(request, str(reason))
        return redirect(chosen)
    start_experiment(anew, user=request.user)
    messages.success(request, _("The same experiment was started anew."))
    return redirect(anew)


@require_GET
def experiment_json(request: PageRequest, pk: int) -> HttpResponse:
    """The page as plain values."""
    chosen = experiment_for(request.user, pk)
    response = JsonResponse(page.document(chosen), json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{_file_name(chosen)}.json"'
    return response


@require_GET
def experiment_csv(request: PageRequest, pk: int) -> HttpResponse:
    """Its trials, one a line."""
    chosen = experiment_for(request.user, pk)
    rows = page.trial_rows(chosen)
    if not rows:
        raise Http404
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    for row in rows:
        cells = {
            key: guard_cell(cell) if isinstance(cell, str) else cell for key, cell in row.items()
        }
        writer.writerow(cells)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(chosen)}-trials.csv"'}
    return HttpResponse(stream.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _file_name(chosen: Experiment) -> str:
    return slugify(f"{chosen.run.name} {chosen.name} {chosen.pk}") or f"experiment-{chosen.pk}"
