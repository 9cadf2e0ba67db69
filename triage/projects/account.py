"""A person's account: password, API tokens, language."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from knox.models import AuthToken

from triage.requests import PageRequest

MOST_TOKENS = 10


@require_http_methods(["GET", "POST"])
def account(request: PageRequest) -> HttpResponse:
    """Tokens for scripts; a new one is shown once."""
    context: dict[str, Any] = {"token": ""}
    if request.method == "POST":
        if AuthToken.objects.filter(user=request.user).count() >= MOST_TOKENS:
            messages.error(request, _("Ten tokens are enough: revoke one first."))
        else:
            _row, context["token"] = AuthToken.objects.create(user=request.user)
    context["tokens"] = AuthToken.objects.filter(user=request.user).order_by("-created")
    response = render(request, "triage/projects/account.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def token_revoke(request: PageRequest, key: str) -> HttpResponse:
    """End a token at once."""
    get_object_or_404(AuthToken, user=request.user, token_key=key).delete()
    messages.success(request, _("The token is revoked."))
    return redirect("triage:account")
