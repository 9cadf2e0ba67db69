"""Reviewing: the page that an annotator works on, and the pictures it shows."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from annotations.models.access import audit_to_judge
from annotations.review import page as review_page
from annotations.review import queue, turns
from triage.models import Role
from triage.projects.access import membership_in
from triage.requests import PageRequest
from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import SIDES, rendition
from triage.science.store.store import DataRoot, evidence_path


@require_http_methods(["GET", "POST"])
def review(request: PageRequest, pk: int) -> HttpResponse:
    """Judge items: a script posts and gets the next cards, a plain form posts and is sent on."""
    audit = audit_to_judge(request.user, pk)
    if request.method == "GET":
        context = review_page.page(audit, request)
        membership = membership_in(request.user, audit.project)
        context["leads"] = membership.may(Role.LEAD)
        response = render(request, "annotations/review/review.html", context)
        response["Cache-Control"] = "no-store"
        return response
    sender = request.headers.get("X-Review")
    if sender not in (None, str(request.user.pk)):
        # Somebody else has signed in since; what the page's tray holds is not theirs to send.
        return JsonResponse({"reason": _("Somebody else is signed in now.")}, status=403)
    try:
        if sender is not None:
            with turns.thread_turn():
                return JsonResponse(review_page.reply(audit, request))
        undone = review_page.act(audit, request)
    except queue.VerdictRefused as reason:
        if sender is not None:
            return JsonResponse({"reason": str(reason)}, status=409)
        messages.error(request, str(reason))
        undone = None
    stays = undone.place if undone else review_page.flagged_place(request)
    page = reverse("annotations:review", args=[pk])
    return redirect(page if stays is None else f"{page}?place={stays}")


@require_GET
def item_image(request: PageRequest, pk: int, place: int) -> HttpResponse:
    """A picture of one item, from the copy kept as evidence; `n` says which, from 0."""
    audit = audit_to_judge(request.user, pk)
    checksum = review_page.checksum(audit, place, request.GET.get("n", ""))
    if not checksum:
        raise Http404
    tag = f'"{checksum[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    root = DataRoot(settings.DATA_ROOT)
    try:
        data = rendition(root, checksum, SIDES["view"], lambda: root.get(evidence_path(checksum)))
    except (FileNotFoundError, NotAPicture):
        raise Http404 from None
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": tag}
    return HttpResponse(data, content_type="image/webp", headers=headers)
