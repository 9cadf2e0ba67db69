"""A person's own keys for reviewing."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.review import keys as review_keys
from triage.requests import PageRequest


@require_http_methods(["GET", "POST"])
def keys(request: PageRequest) -> HttpResponse:
    """Which key does what; a conflict is refused with the name of the other action."""
    back = request.GET.get("next", "")
    back = back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else ""
    wrong: dict[str, str] = {}
    typed = None
    if request.method == "POST":
        reset = request.POST.get("do") == "reset"
        typed, wrong = ({}, {}) if reset else review_keys.read(request.POST.dict())
        if not wrong:
            review_keys.keep(request.user, typed)
            said = _("The keys are as delivered again.") if reset else _("Your keys are saved.")
            messages.success(request, said)
            page = reverse("annotations:review-keys")
            return redirect(f"{page}?{urlencode({'next': back})}" if back else page)
    groups = review_keys.groups(request.user, typed, wrong)
    context = {"groups": groups, "back": back, "wrong": wrong}
    return render(request, "annotations/review/keys.html", context, status=422 if wrong else 200)
