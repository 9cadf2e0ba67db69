"""The conclusions: causes, priorities and the experiments that prove them."""

from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    """The conclusions: causes, priorities and the experiments that prove them."""

    name = "diagnostics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the app's background work known, and show it on the pages below."""
        from diagnostics.diagnosis import tasks  # noqa: F401
        from diagnostics.experiments import tasks as experiments  # noqa: F401
        from triage.slots import fill

        fill("run-acts", "diagnostics/diagnosis/slots/run_acts.html", 10)
        fill("run-acts", "diagnostics/experiments/slots/run_acts.html", 20)
        fill("project", "diagnostics/causes/slots/project.html", 20)
        fill("sample", "diagnostics/causes/slots/sample.html")
