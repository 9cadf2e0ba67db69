"""The conclusions: causes, priorities and the experiments that prove them."""

from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    """The conclusions: causes, priorities and the experiments that prove them."""

    name = "diagnostics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the app's background work known."""
        from diagnostics.diagnosis import tasks  # noqa: F401
        from diagnostics.experiments import tasks as experiments  # noqa: F401
