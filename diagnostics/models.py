"""What a diagnosis was made of, and where it lies."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from triage.models import Clustering, Run


class Diagnosis(models.Model):
    """All measures of a run at one moment; immutable, the newest one is shown.

    The numbers lie in the run's folder as one document; the row says what they were measured on.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="diagnoses")
    clustering = models.ForeignKey(Clustering, models.SET_NULL, null=True, related_name="+")
    seed = models.PositiveBigIntegerField(default=0)
    # Seconds by step, counts, versions of what computed it.
    parameters = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        verbose_name_plural = "diagnoses"

    def __str__(self) -> str:
        return f"{self.run} {self.created_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """The page of the run's newest diagnosis."""
        return reverse("diagnostics:diagnosis", args=[self.run_id])

    @property
    def path(self) -> tuple[str, str]:
        """Where the document lies in the run's folder."""
        return ("diagnoses", f"{self.uuid.hex}.json")

    @classmethod
    def latest_of(cls, run: Run) -> "Diagnosis | None":
        """The newest diagnosis of a run."""
        return cls.objects.filter(run=run).select_related("clustering").first()

    def is_older_than(self, clustering: Any) -> bool:
        """Whether the run was clustered anew since."""
        return bool(clustering is not None and clustering.pk != self.clustering_id)
