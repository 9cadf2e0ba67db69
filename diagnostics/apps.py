"""The conclusions: causes, priorities and the experiments that prove them."""

from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    """The conclusions: causes, priorities and the experiments that prove them."""

    name = "diagnostics"
    default_auto_field = "django.db.models.BigAutoField"
