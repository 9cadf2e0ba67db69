"""The machine's side: predictions in, errors out, features and clusters."""

from django.apps import AppConfig


class TriageConfig(AppConfig):
    """The machine's side: predictions in, errors out, features and clusters."""

    name = "triage"
    default_auto_field = "django.db.models.BigAutoField"
