"""The cleaning queue: the most suspicious samples, for repair."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotations.cleaning import cleaning, page, tasks
from annotations.cleaning.scoring_runs import latest_score
from annotations.cleaning.tasks import SCORE
from triage.models import Run
from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.sent import NotReadable, PutOff, number_or_404, read_uuid


@require_http_methods(["GET", "POST"])
def cleaning_queue(request: PageRequest, pk: int) -> HttpResponse:
    """One suspicious sample; a decision brings the next."""
    run = run_for(request.user, pk)
    split = request.GET.get("split", "")
    if request.method == "POST":
        try:
            _act(request, run)
        except (cleaning.RepairRefused, NotReadable) as reason:
            messages.error(request, str(reason))
        if not request.htmx:
            return redirect(f"{reverse('annotations:cleaning', args=[pk])}?split={split}")
    skipped = PutOff(request.session, f"cleaning:{run.pk}").numbers
    context = page.context(run, request.user, split, skipped)
    part = request.htmx.target == "repair"
    template = "_repair" if part else "cleaning"
    return render(request, f"annotations/cleaning/{template}.html", context)


@require_POST
def score_start(request: PageRequest, pk: int) -> HttpResponse:
    """Make a new mismatch score in the background."""
    run = run_for(request.user, pk)
    if run.jobs.filter(kind=SCORE.name).open().exists():
        messages.info(request, _("A score is being made already."))
    else:
        label_free = request.POST.get("label_free") == "1"
        tasks.start_scoring(run, label_free=label_free, user=request.user)
    return redirect("annotations:cleaning", pk)


def _act(request: PageRequest, run: Run) -> None:
    """Carry out what was sent. Raises cleaning.RepairRefused or NotReadable."""
    sent = request.POST
    wish = sent.get("do", "")
    submission = read_uuid(sent.get("submission", ""))
    if wish == "undo":
        cleaning.undo(run, request.user, submission)
        return
    position = number_or_404(sent.get("position"))
    if wish == "skip":
        PutOff(request.session, f"cleaning:{run.pk}").add(position)
        return
    cleaning.decide(
        run,
        position,
        request.user,
        wish,
        submission=submission,
        corrected_answer=sent.get("corrected_answer", ""),
        score=latest_score(run),
    )
