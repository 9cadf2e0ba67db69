"""The request as the views of the pages get it, for type checkers."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_htmx.middleware import HtmxDetails


class PageRequest(HttpRequest):
    """A request behind the middleware of this project; nothing is ever made of this class.

    `htmx` is what HtmxMiddleware puts there. `user` is somebody signed in: LoginRequiredMiddleware
    turns everybody else away before the view. A view that needs no sign-in takes an HttpRequest.
    """

    htmx: "HtmxDetails"
    user: "User"
