"""The warm-up: five items with feedback, before anything counts."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.models import Audit, VerdictKind, WarmUp
from annotations.models.access import audit_to_judge
from annotations.review.keys import shortcuts_of
from annotations.review.page import choices
from annotations.review.practice import ITEMS
from triage.requests import PageRequest

GIVEN = "warm-up"


@require_http_methods(["GET", "POST"])
def warm_up(request: PageRequest, pk: int) -> HttpResponse:
    """Judge the next practice item, read what we would say, go on; at the end, how it went."""
    audit = audit_to_judge(request.user, pk)
    if audit.question != Audit.Question.NOISE:
        raise Http404
    given = list(request.session.get(GIVEN, []))[: len(ITEMS)]
    if request.method == "POST":
        return _act(request, audit, given)
    told = request.session.pop("warm-up-told", False)
    place = len(given) - 1 if told else len(given)
    context: dict[str, Any] = {
        "audit": audit,
        "project": audit.project,
        "total": len(ITEMS),
        "number": place + 1,
        "right": _right(given),
    }
    if place < len(ITEMS):
        context["item"] = ITEMS[place]
        context["choices"] = choices(audit, shortcuts_of(request.user))
        if told:
            context["said"] = VerdictKind(given[place])
            context["same"] = given[place] == ITEMS[place].kind
    return render(request, "annotations/review/warm_up.html", context)


def _act(request: PageRequest, audit: Audit, given: list[str]) -> HttpResponse:
    if request.POST.get("do") == "again":
        request.session[GIVEN] = []
    elif len(given) < len(ITEMS) and request.POST.get("verdict") in audit.choices:
        given.append(request.POST["verdict"])
        request.session[GIVEN] = given
        request.session["warm-up-told"] = True
        if len(given) == len(ITEMS):
            WarmUp.objects.create(user=request.user, right=_right(given), items=len(ITEMS))
    return redirect("annotations:warm-up", audit.pk)


def _right(given: list[str]) -> int:
    return sum(kind == item.kind for kind, item in zip(given, ITEMS, strict=False))
