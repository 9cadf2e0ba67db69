"""Causes: their samples, the queue in which people confirm them, and the rules that name them."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from diagnostics.causes import page, queue_page, rules_page
from diagnostics.causes import queue as cause_queue
from diagnostics.causes.forms import RulesForm
from diagnostics.causes.naming import RulesRefused, name_anew, new_rules
from diagnostics.models import Diagnosis, RuleBook
from triage.models import Role
from triage.projects.access import project_for, run_for
from triage.requests import PageRequest
from triage.runs.images import image_of
from triage.sent import PutOff, number_or_404, whole_number


@require_GET
def cause(request: PageRequest, pk: int, name: str) -> HttpResponse:
    """The error samples of one cause."""
    run = run_for(request.user, pk)
    return render(request, "diagnostics/causes/cause.html", vars(page.cause_page(run, name)))


@require_GET
def sample_cause(request: PageRequest, pk: int, position: int) -> HttpResponse:
    """The cause and the evidence of one sample, as a part of its page."""
    run = run_for(request.user, pk)
    found = page.evidence_lines(run, position)
    context = {"run": run, "found": found, "position": position, "run_link": True}
    return render(request, "diagnostics/causes/_evidence.html", context)


@require_http_methods(["GET", "POST"])
def queue(request: PageRequest, pk: int) -> HttpResponse:
    """One error sample; a key names its cause and brings the next."""
    run = run_for(request.user, pk, Role.ANNOTATOR)
    later = PutOff(request.session, f"causes:{run.pk}")
    if request.method == "POST":
        wish = request.POST.get("do", "")
        try:
            if wish == "undo":
                back = cause_queue.undo(run, request.user)
                return redirect(queue_page.address(run, back))
            position = number_or_404(request.POST.get("position"))
            if wish == "skip":
                later.add(position)
            else:
                cause_queue.judge(run, request.user, position, wish)
        except cause_queue.CauseRefused as reason:
            messages.error(request, str(reason))
        return redirect(queue_page.address(run, None))
    chosen = whole_number(request.GET.get("sample"))
    context = queue_page.context(run, request.user, chosen, set(later.numbers))
    return render(request, "diagnostics/causes/queue.html", context)


@require_GET
def queue_image(request: PageRequest, pk: int, position: int) -> HttpResponse:
    """The picture of a sample in the queue, for everybody who may judge it."""
    run = run_for(request.user, pk, Role.ANNOTATOR)
    rows = run.browser.rows([position], ("position", "image", "is_error"))
    if not rows or not rows[0]["image"] or not rows[0]["is_error"]:
        raise Http404
    return image_of(request, run, rows[0]["image"])


@require_POST
def cluster_cause(request: PageRequest, pk: int) -> HttpResponse:
    """Give a whole cluster a cause."""
    run = run_for(request.user, pk)
    cluster = number_or_404(request.POST.get("cluster"), least=-1)
    try:
        cause_queue.judge_cluster(run, request.user, cluster, request.POST.get("cause", ""))
    except cause_queue.CauseRefused as reason:
        messages.error(request, str(reason))
    return redirect(f"diagnostics:cluster{'-queue' if request.POST.get('on') else 's'}", pk)


@require_GET
def clusters(request: PageRequest, pk: int) -> HttpResponse:
    """The clusters with the causes that their samples were named, to confirm or correct."""
    run = run_for(request.user, pk)
    return render(
        request, "diagnostics/causes/clusters.html", queue_page.clusters(run, request.user)
    )


@require_GET
def cluster_queue(request: PageRequest, pk: int) -> HttpResponse:
    """One cluster with samples of it; a key gives it a cause and brings the next."""
    run = run_for(request.user, pk)
    chosen = whole_number(request.GET.get("cluster"), least=-1)
    context = queue_page.one_cluster(run, request.user, chosen)
    return render(request, "diagnostics/causes/cluster_queue.html", context)


@require_GET
def project_queues(request: PageRequest, slug: str) -> HttpResponse:
    """The runs of a project whose causes wait for people, as a part of its page."""
    project = project_for(request.user, slug, Role.ANNOTATOR)
    context = queue_page.queues(project, request.user)
    return render(request, "diagnostics/causes/_project_queues.html", context)


@require_http_methods(["GET", "POST"])
def rules(request: PageRequest, slug: str) -> HttpResponse:
    """The table of rules, its thresholds and the eases, each version kept."""
    project = project_for(request.user, slug, Role.LEAD)
    book = RuleBook.current_of(project)
    form = RulesForm(book, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            new_rules(
                project,
                thresholds=form.of("t-"),
                ease=form.of("e-"),
                reasons=form.of("r-"),
                note=form.cleaned_data["note"],
                user=request.user,
            )
        except RulesRefused as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, _("Saved. Name the errors of a run anew to apply it."))
            return redirect("diagnostics:rules", slug)
    return render(request, "diagnostics/causes/rules.html", rules_page.context(project, book, form))


@require_POST
def name_again(request: PageRequest, pk: int) -> HttpResponse:
    """Name the errors by the rules, and the confirmed causes, of now."""
    run = run_for(request.user, pk)
    diagnosis = Diagnosis.latest_of(run)
    if diagnosis is None or diagnosis.naming() is None:
        raise Http404
    name_anew(diagnosis, user=request.user)
    messages.success(request, _("The errors were named anew."))
    return redirect("diagnostics:diagnosis", pk)
