"""Pages of a run: overview, list of errors with stored filters, one sample, refused rows."""

import csv
from collections.abc import Iterator

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from triage.clusters.forms import AnalyseForm
from triage.models import StoredFilter
from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.runs import page as run_page
from triage.runs import sample as sample_page
from triage.runs.filters import filter_from
from triage.science.record.csv_cells import guard_cell


@require_GET
def run(request: PageRequest, pk: int) -> HttpResponse:
    """The overview; htmx asks for the breakdown alone."""
    chosen = run_for(request.user, pk)
    if request.htmx.target == "breakdown":
        part = run_page.breakdown(chosen, request.GET, chosen.browser)
        return render(request, "triage/runs/_breakdown.html", {"run": chosen, **part})
    context = run_page.overview(chosen, request.GET)
    return render(request, "triage/runs/run.html", {**context, "analyse_form": AnalyseForm()})


@require_GET
def errors(request: PageRequest, pk: int) -> HttpResponse:
    """The list of error samples (or of all), narrowed by its query string."""
    chosen = run_for(request.user, pk)
    context = run_page.error_list(chosen, request.GET)
    template = "_errors" if request.htmx else "errors"
    return render(request, f"triage/runs/{template}.html", context)


@require_POST
def filter_store(request: PageRequest, pk: int) -> HttpResponse:
    """Keep the selection that the query string names under a name."""
    chosen = run_for(request.user, pk)
    name = request.POST.get("name", "").strip()[:200]
    criteria = filter_from(request.GET, chosen).to_dict()
    address = f"{reverse('triage:run-errors', args=[pk])}?{request.GET.urlencode()}"
    if not name:
        messages.error(request, _("Give the filter a name."))
        return redirect(address)
    stored, made = StoredFilter.objects.get_or_create(
        run=chosen, name=name, defaults={"criteria": criteria, "created_by": request.user}
    )
    if not made and stored.criteria != criteria:
        messages.error(request, _("There is another filter of that name; choose a new one."))
        return redirect(address)
    messages.success(request, _("Filter “%(name)s” is stored.") % {"name": name})
    return redirect(f"{reverse('triage:run-errors', args=[pk])}?filter={stored.pk}")


@require_POST
def filter_delete(request: PageRequest, pk: int, filter_pk: int) -> HttpResponse:
    """Forget a stored filter; audits drawn from it keep their own copy."""
    chosen = run_for(request.user, pk)
    get_object_or_404(StoredFilter, run=chosen, pk=filter_pk).delete()
    messages.success(request, _("The filter is gone; audits drawn from it stay as they are."))
    return redirect("triage:run-errors", pk=pk)


@require_GET
def refused(request: PageRequest, pk: int) -> HttpResponse:
    """The rows that were not taken: which row, which field, why."""
    chosen = run_for(request.user, pk)
    rows = run_page.refused_rows(chosen, request.GET.get("page", ""))
    return render(request, "triage/runs/refused.html", rows)


@require_GET
def refused_csv(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """All refused rows as CSV."""
    chosen = run_for(request.user, pk)
    folder = chosen.folder

    class Echo:
        """A file that hands each line on."""

        def write(self, line: str) -> str:
            return line

    def lines() -> Iterator[str]:
        writer = csv.writer(Echo())
        yield writer.writerow(["row", "field", "reason"])
        if folder.has("refused.parquet"):
            for batch in folder.read_table("refused.parquet").to_batches(max_chunksize=5000):
                for row in batch.to_pylist():
                    yield writer.writerow(
                        [row["row"], *map(guard_cell, (row["field"], row["reason"]))]
                    )

    name = f"{slugify(chosen.name) or 'run'}-refused.csv"
    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
def sample(request: PageRequest, pk: int, position: int) -> HttpResponse:
    """The sample at a position of the run."""
    run = run_for(request.user, pk)
    context = run_page.one_sample(run, position, request.GET)
    if context is None:
        raise Http404
    context |= sample_page.shown(run, context["row"])
    return render(request, "triage/runs/sample.html", context)
