"""What leads do about single items: decide, send back, answer flags, keep gold."""

import io

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.adjudication import adjudicating, page
from annotations.audits import assigning
from annotations.models import Audit, Flag, Item
from annotations.models.access import audit_for
from annotations.review import queue
from annotations.standing import gold
from annotations.standing.standing import standing_of
from triage.models import Role, Run
from triage.projects.access import run_for
from triage.requests import PageRequest
from triage.sent import NotReadable, PutOff, number_or_404, read_uuid


def _item_for(request: PageRequest, pk: int, place: int) -> tuple[Audit, Item]:
    audit = audit_for(request.user, pk, Role.LEAD)
    item = get_object_or_404(Item, audit=audit, place=place)
    # What was loaded with its project is what every check of the item reads.
    item.audit = audit
    return audit, item


@require_GET
def item(request: PageRequest, pk: int, place: int) -> HttpResponse:
    """One item with everything said of it."""
    audit, chosen = _item_for(request, pk, place)
    return render(request, "annotations/adjudication/item.html", page.item_context(audit, chosen))


@require_POST
def item_send_back(request: PageRequest, pk: int, place: int) -> HttpResponse:
    """Ask a named annotator to judge an item again, with a note."""
    audit, chosen = _item_for(request, pk, place)
    wanted = request.POST.get("annotator", "")
    verdicts = chosen.verdicts.filter(annotator__username=wanted).select_related("annotator")
    verdict = verdicts.first()
    if verdict is None:
        raise Http404
    note = request.POST.get("note", "")
    try:
        queue.send_back(chosen, verdict.annotator, request.user, note)
    except queue.VerdictRefused as reason:
        messages.error(request, str(reason))
    else:
        words = _("Sent back to %(name)s: it is their next item.")
        messages.success(request, words % {"name": verdict.annotator})
    return redirect("annotations:item", audit.pk, place)


@require_POST
def flag_settle(request: PageRequest, pk: int, flag: int) -> HttpResponse:
    """Answer an annotator's question; their flag is settled."""
    audit = audit_for(request.user, pk, Role.LEAD)
    chosen = get_object_or_404(Flag, pk=flag, item__audit=audit)
    still_open = Flag.objects.filter(pk=chosen.pk, settled_at__isnull=True)
    answer = request.POST.get("answer", "").strip()[: queue.LONGEST_COMMENT]
    settled = still_open.update(answer=answer, settled_by=request.user, settled_at=timezone.now())
    if settled:
        messages.success(request, _("Answered. The annotator sees it with their next item."))
    return redirect("annotations:item", audit.pk, chosen.item.place)


@require_POST
def seats_release(request: PageRequest, pk: int) -> HttpResponse:
    """Give what a person was assigned and has not judged to whoever comes."""
    audit = audit_for(request.user, pk, Role.LEAD)
    members = audit.project.memberships.select_related("user")
    member = members.filter(user__username=request.POST.get("annotator", "")).first()
    if member is None:
        raise Http404
    count = assigning.release(audit, member.user)
    words = ngettext(
        "%(n)s judgement of %(name)s is open to everybody now.",
        "%(n)s judgements of %(name)s are open to everybody now.",
        count,
    )
    messages.success(request, words % {"n": count, "name": member.user})
    return redirect(audit)


@require_http_methods(["GET", "POST"])
def adjudicate(request: PageRequest, pk: int) -> HttpResponse:
    """The queue of what the policy leaves open: one item, one key, the next."""
    audit = audit_for(request.user, pk, Role.LEAD)
    later = PutOff(request.session, f"adjudication:{audit.pk}")
    if request.method == "GET":
        context = page.adjudication_context(audit, request.user, set(later.numbers))
        return render(request, "annotations/adjudication/adjudicate.html", context)
    sent = request.POST
    chosen = get_object_or_404(Item, audit=audit, place=number_or_404(sent.get("place")))
    chosen.audit = audit
    try:
        if sent.get("do") == "later":
            later.add(chosen.place)
        elif sent.get("do") == "undo":
            adjudicating.take_back(chosen, request.user, read_uuid(sent.get("submission", "")))
        else:
            adjudicating.adjudicate(
                chosen,
                request.user,
                sent.get("verdict", ""),
                corrected_answer=_corrected(request),
                comment=sent.get("comment", ""),
                submission=read_uuid(sent.get("submission", "")),
            )
    except (adjudicating.NotToDecide, NotReadable) as reason:
        messages.error(request, str(reason))
    return redirect("annotations:adjudicate", audit.pk)


@require_http_methods(["GET", "POST"])
def gold_answers(request: PageRequest, pk: int) -> HttpResponse:
    """A run's known verdicts: how many, from where; more from a file or a finished audit."""
    run = run_for(request.user, pk)
    if request.method == "POST":
        try:
            _add_gold(request, run)
        except gold.GoldRefused as reason:
            messages.error(request, str(reason))
        return redirect("annotations:gold", run.pk)
    answers = run.gold_answers.order_by("source", "sample_id")
    context = {
        "run": run,
        "kinds": gold.counts(run),
        "total": answers.count(),
        "answers": answers[:200],
        "audits": run.audits.filter(question=Audit.Question.NOISE),
    }
    return render(request, "annotations/adjudication/gold.html", context)


def _add_gold(request: PageRequest, run: Run) -> None:
    """Take answers from the file or the audit that the form names. Raises gold.GoldRefused."""
    sent = request.FILES.get("file")
    if sent is not None:
        if (sent.size or 0) > gold.LARGEST_FILE:
            raise gold.GoldRefused(_("The file is larger than 5 MB: gold answers are few."))
        try:
            text = io.StringIO(sent.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise gold.GoldRefused(_("%(name)s is not UTF-8 text.") % {"name": sent.name}) from None
        found = gold.read_answers(run, text, sent.name or "file")
        gold.keep(run, found, sent.name or "", request.user)
        count = len(found)
    else:
        audit = get_object_or_404(Audit, run=run, pk=number_or_404(request.POST.get("audit")))
        standing = standing_of(audit)
        count = gold.keep_resolved(audit, standing.items, request.user)
    words = ngettext("%(n)s gold answer kept.", "%(n)s gold answers kept.", count)
    messages.success(request, words % {"n": count})


def _corrected(request: PageRequest) -> str:
    wrong = request.POST.get("verdict") == "wrong_answer"
    return request.POST.get("corrected_answer", "") if wrong else ""
