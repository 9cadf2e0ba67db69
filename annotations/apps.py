"""The people's side: audits, queue, verdicts, the noise ratio and curated exports."""

from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    """The people's side: audits, queue, verdicts, the noise ratio and curated exports."""

    name = "annotations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the app's background work known."""
        from annotations.cleaning import tasks  # noqa: F401
        from annotations.exports import tasks as exports  # noqa: F401
