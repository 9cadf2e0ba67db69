"""All addresses. Each app keeps its own list; this is where the three are put in a row.

The lists are named by string, so that triage imports nothing from the apps that stand on it.
"""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    # Accounts have no e-mail address: the page says who sets a new password instead.
    path(
        "accounts/password/reset/",
        login_not_required(TemplateView.as_view(template_name="account/password_reset.html")),
        name="account_reset_password",
    ),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("triage.routes")),
    path("", include("annotations.routes")),
    path("", include("diagnostics.routes")),
    path("api/v1/", include("triage.api_routes")),
    path("api/v1/", include("annotations.api_routes")),
    path("api/v1/", include("diagnostics.api_routes")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]

handler403 = "triage.views.errors.forbidden"
handler404 = "triage.views.errors.not_found"
handler500 = "triage.views.errors.server_error"
