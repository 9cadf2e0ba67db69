"""The people's side: audits, queue, verdicts, the noise ratio and curated exports."""

from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    """The people's side: audits, queue, verdicts, the noise ratio and curated exports."""

    name = "annotations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the app's background work known, and show it on the pages below."""
        from annotations.cleaning import tasks  # noqa: F401
        from annotations.exports import tasks as exports  # noqa: F401
        from triage.slots import fill

        fill("run-acts", "annotations/cleaning/slots/run_acts.html", 30)
        fill("run-acts", "annotations/exports/slots/run_acts.html", 40)
        fill("run-acts", "annotations/audits/slots/run_acts.html", 50)
        fill("run", "annotations/ratio/slots/run.html")
        fill("project", "annotations/ratio/slots/project.html", 10)
        fill("stored-filter", "annotations/audits/slots/stored_filter.html")
