"""What a person sees when a page cannot be shown: what happened and where to go."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but the role is too low."""
    if _is_api(request):
        return JsonResponse({"detail": str(exception)}, status=403)
    return render(request, "errors/403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or not this person's to see."""
    if _is_api(request):
        return JsonResponse({"detail": _("There is nothing at this address.")}, status=404)
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    """500: our fault. Nothing is asked of the database: it may be what is at fault."""
    if _is_api(request):
        words = _("Something went wrong on the server; its log says more.")
        return JsonResponse({"detail": words}, status=500)
    return render(request, "errors/500.html", status=500)


def _is_api(request: HttpRequest) -> bool:
    """Whether a program asks: it is answered in JSON, as all refusals of the API are."""
    return request.path.startswith("/api/")
