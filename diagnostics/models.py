"""What a diagnosis was made of, by which rules its errors were named, and what people say."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from triage.models import Clustering, Project, Run


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

    @property
    def evidence_path(self) -> tuple[str, str]:
        """Where the evidence on every error sample lies."""
        return ("diagnoses", f"{self.uuid.hex}.evidence.parquet")

    def naming(self) -> "Naming | None":
        """The newest naming of its errors."""
        return self.namings.select_related("rules").first()


class RuleBook(models.Model):
    """A version of a project's thresholds and eases; never changed, the newest applies."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="rule_books")
    number = models.PositiveIntegerField()
    # Only what differs from the defaults: {threshold: number}, {cause: 0..1}, {cause: why}.
    thresholds = models.JSONField(default=dict)
    ease = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="one_rule_book_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.project} v{self.number}"

    @classmethod
    def current_of(cls, project: Project) -> "RuleBook | None":
        """The newest version of a project; None while it keeps to the defaults."""
        return cls.objects.filter(project=project).first()


class Naming(models.Model):
    """The causes that one method gave to the errors of a diagnosis; the newest one is shown."""

    class Method(models.TextChoices):
        RULES = "rules", _("rules")
        CLASSIFIER = "classifier", _("classifier")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    diagnosis = models.ForeignKey(Diagnosis, models.CASCADE, related_name="namings")
    # None: the defaults.
    rules = models.ForeignKey(RuleBook, models.PROTECT, null=True, related_name="namings")
    method = models.CharField(max_length=12, choices=Method, default=Method.RULES)
    # Affected samples and verdicts, as pages and files read them.
    summary = models.JSONField(default=dict)
    # How the classifier compares with the rules on confirmed causes, where there are enough.
    comparison = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.diagnosis} {self.method}"

    @property
    def path(self) -> tuple[str, str]:
        """Where the cause of every error sample lies."""
        return ("diagnoses", f"{self.uuid.hex}.causes.parquet")


class CauseVerdict(models.Model):
    """One person's word on the cause of an error sample, or of a whole cluster."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="cause_verdicts")
    position = models.BigIntegerField(null=True)
    clustering = models.ForeignKey(Clustering, models.CASCADE, null=True, related_name="+")
    cluster = models.IntegerField(null=True)
    cause = models.CharField(max_length=32)
    # What the naming said then; empty where there was none.
    named = models.CharField(max_length=32, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="of_a_sample_or_a_cluster",
                condition=models.Q(
                    position__isnull=False, clustering__isnull=True, cluster__isnull=True
                )
                | models.Q(position__isnull=True, clustering__isnull=False, cluster__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["run", "position", "by"],
                condition=models.Q(position__isnull=False),
                name="one_cause_a_sample_and_person",
            ),
            models.UniqueConstraint(
                fields=["clustering", "cluster", "by"],
                condition=models.Q(cluster__isnull=False),
                name="one_cause_a_cluster_and_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.position if self.position is not None else self.cluster}"
