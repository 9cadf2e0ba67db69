"""Clusters of a run: the page, its map, and what people say of groups."""

import json

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from triage.clusters import confirming, page
from triage.clusters.forms import AnalyseForm
from triage.clusters.tasks import carry_out_analysis
from triage.jobs import jobs
from triage.models import ConfirmedCluster
from triage.models.kinds import ANALYSE
from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.sent import whole_numbers


# Bokeh sets style attributes on what it draws; scripts stay the page's own.
@csp_update({"style-src": [SELF, UNSAFE_INLINE]})  # type: ignore[arg-type]
@require_GET
def clusters(request: PageRequest, pk: int) -> HttpResponse:
    """The map and the cards."""
    run = run_for(request.user, pk)
    context = page.context(run, run.current_clustering())
    return render(request, "triage/clusters/clusters.html", context)


@gzip_page
@require_GET
def clusters_map(request: PageRequest, pk: int) -> JsonResponse:
    """The points of the map."""
    run = run_for(request.user, pk)
    clustering = run.current_clustering()
    if clustering is None:
        raise Http404
    return JsonResponse(page.map_points(run, clustering))


@require_POST
def confirm(request: PageRequest, pk: int) -> HttpResponse:
    """Keep clusters, or samples picked on the map, as a person's group."""
    run = run_for(request.user, pk)
    clustering = run.current_clustering()
    if clustering is None:
        raise Http404
    numbers = whole_numbers(request.POST.getlist("cluster"), least=-1)
    try:
        positions = _positions(request.POST.get("positions", ""))
        made = confirming.say(
            clustering,
            name=request.POST.get("name", ""),
            clusters=numbers,
            positions=positions,
            user=request.user,
        )
    except confirming.NotConfirmed as reason:
        messages.error(request, str(reason))
    else:
        messages.success(
            request,
            _("“%(name)s” is kept: %(count)s samples.")
            % {"name": made.name, "count": len(made.positions)},
        )
    return redirect("triage:clusters", pk=pk)


@require_POST
def said_change(request: PageRequest, pk: int, said: int) -> HttpResponse:
    """Rename a person's group, take it back, or undo that."""
    run = run_for(request.user, pk)
    row = get_object_or_404(ConfirmedCluster, run=run, pk=said)
    try:
        if request.POST.get("do") == "withdraw":
            confirming.withdraw(row)
            messages.success(request, _("“%(name)s” is taken back.") % {"name": row.name})
        elif request.POST.get("do") == "restore":
            confirming.restore(row)
        else:
            confirming.rename(row, request.POST.get("name", ""))
            messages.success(request, _("Renamed."))
    except confirming.NotConfirmed as reason:
        messages.error(request, str(reason))
    return redirect("triage:clusters", pk=pk)


def _positions(text: str) -> list[int]:
    """Positions as JSON; NotConfirmed for anything else."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(type(each) is int and each >= 0 for each in found):
        raise confirming.NotConfirmed(_("The selection could not be read; select again."))
    return found


@require_POST
def analyse(request: PageRequest, pk: int) -> HttpResponse:
    """Start an analysis in the background."""
    chosen = run_for(request.user, pk)
    form = AnalyseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The seed must be a whole number from 0."))
    elif chosen.jobs.filter(kind=ANALYSE.name).open().exists():
        messages.warning(request, _("An analysis of this run is under way already."))
    else:
        jobs.start(
            ANALYSE,
            carry_out_analysis,
            project=chosen.project,
            run=chosen,
            user=request.user,
            request={"encoder": form.cleaned_data["encoder"], "seed": form.cleaned_data["seed"]},
        )
    return redirect(chosen)
