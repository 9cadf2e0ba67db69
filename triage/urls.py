"""All addresses: each room keeps its own, each app joins its rooms, here the three stand in a row.

The apps are named by string, so that triage imports nothing from those that stand on it.
"""

from importlib import import_module

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

APPS = ("triage", "annotations", "diagnostics")

urlpatterns = [
    # Accounts have no e-mail address: the page says who sets a new password instead.
    path(
        "accounts/password/reset/",
        login_not_required(TemplateView.as_view(template_name="account/password_reset.html")),
        name="account_reset_password",
    ),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    *(path("", include(f"{app}.routes")) for app in APPS),
    *(path("api/v1/", include(import_module(f"{app}.routes").api_urlpatterns)) for app in APPS),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]

handler403 = "triage.projects.errors.forbidden"
handler404 = "triage.projects.errors.not_found"
handler500 = "triage.projects.errors.server_error"
