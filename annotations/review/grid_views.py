"""The grid of items: a fast pass over many at once."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from annotations.models import Audit
from annotations.models.access import audit_to_judge
from annotations.review import grid as grid_page
from triage.models import Role
from triage.projects.access import membership_in
from triage.requests import PageRequest
from triage.sent import NotReadable


@require_http_methods(["GET", "POST"])
def grid(request: PageRequest, pk: int) -> HttpResponse:
    """Judge a page of items: a script posts and is told where to go, a plain form is sent on."""
    audit = audit_to_judge(request.user, pk)
    if audit.question != Audit.Question.NOISE:
        return redirect("annotations:review", pk)
    size = grid_page.size_wanted(request.GET.get("size", ""))
    if request.method == "GET":
        context = grid_page.page(audit, request.user, size)
        if not context["cells"]:
            # The single view says why there is nothing to judge.
            return redirect("annotations:review", pk)
        context["leads"] = membership_in(request.user, audit.project).may(Role.LEAD)
        response = render(request, "annotations/review/grid.html", context)
        response["Cache-Control"] = "no-store"
        return response
    sender = request.headers.get("X-Review")
    if sender not in (None, str(request.user.pk)):
        return JsonResponse({"reason": _("Somebody else is signed in now.")}, status=403)
    try:
        saved = grid_page.save(audit, request.user, request.POST)
    except NotReadable as reason:
        if sender is not None:
            return JsonResponse({"reason": str(reason)}, status=409)
        messages.error(request, str(reason))
        return redirect("annotations:grid", pk)
    _tell(request, saved)
    following = f"{reverse('annotations:grid', args=[pk])}?size={size}"
    return JsonResponse({"next": following}) if sender is not None else redirect(following)


def _tell(request: PageRequest, saved: grid_page.Saved) -> None:
    """What became of the page, shown above the next one."""
    if saved.count:
        words = ngettext("%(n)s verdict saved.", "%(n)s verdicts saved.", saved.count)
        messages.success(request, words % {"n": saved.count})
    for reason in saved.refused:
        messages.error(request, reason)
