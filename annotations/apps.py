"""The people's side: audits, queue, verdicts, the noise ratio and curated exports."""

from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    """The people's side: audits, queue, verdicts, the noise ratio and curated exports."""

    name = "annotations"
    default_auto_field = "django.db.models.BigAutoField"
