"""Runs, and what people and machines made of their errors.

The samples themselves are not here: a run's rows live in immutable Parquet under the data root
(see `science/store`); a `Run` row only says that they exist and what they were made of.
"""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from triage.models.projects import Project
from triage.science.store.browsing import RunBrowser
from triage.science.store.store import DataRoot, RunFolder


class Run(models.Model):
    """One model's predictions over a data set: imported once, immutable."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    name = models.CharField(_("name"), max_length=200)
    source_name = models.CharField(max_length=255)
    source_sha256 = models.CharField(max_length=64)
    # Absolute folder on the server; empty when the run carries its own pictures.
    image_root = models.CharField(max_length=1000, blank=True)
    # Of each side file: name, sha256, fields, rows, and how many rows of the source it matched.
    side_files = models.JSONField(default=list, blank=True)
    mapping = models.JSONField(default=dict)
    scoring = models.CharField(max_length=20)
    samples = models.PositiveBigIntegerField()
    errors = models.PositiveBigIntegerField()
    refused = models.PositiveBigIntegerField(default=0)
    images_missing = models.PositiveBigIntegerField(default=0)
    splits = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    # The model that answered, where the file names it; the profile that the file was read by.
    model = models.CharField(_("model"), max_length=200, blank=True)
    profile = models.CharField(max_length=60, blank=True)
    # Mean credit; what was read, accuracy by every rule, refusals by reason, pictures: see
    # `imports/outcome.py` for the shape. Empty for runs that were imported before it was kept.
    accuracy = models.FloatField(null=True, blank=True)
    outcome = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name"], name="run_name_unique_in_project"),
            models.CheckConstraint(
                condition=models.Q(errors__lte=models.F("samples")), name="errors_within_samples"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its overview page."""
        return reverse("triage:run", args=[self.pk])

    @property
    def error_rate(self) -> float | None:
        """Errors over samples; None for a run without samples."""
        return self.errors / self.samples if self.samples else None

    @property
    def unanswered(self) -> int:
        """Samples without an answer: nothing was written, or the call to the model failed."""
        read = self.outcome.get("read", {})
        return int(read.get("no_answer", 0)) + int(read.get("failed_call", 0))

    @property
    def folder(self) -> RunFolder:
        """Its files under the data root; nothing is made or looked for."""
        return DataRoot(settings.DATA_ROOT).run(self.uuid)

    @property
    def browser(self) -> RunBrowser:
        """Questions about its samples."""
        return RunBrowser(self.folder)

    def current_clustering(self) -> "Clustering | None":
        """The newest clustering of its error samples, if there is one."""
        return self.clusterings.first()


class StoredFilter(models.Model):
    """A named selection of a run's error samples; an audit may take it as its population."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="stored_filters")
    name = models.CharField(_("name"), max_length=200)
    criteria = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "name"], name="filter_name_unique_in_run")
        ]

    def __str__(self) -> str:
        return self.name


class Clustering(models.Model):
    """One HDBSCAN result over a run's error samples: what the machine said, never edited."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="clusterings")
    seed = models.BigIntegerField()
    encoder = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict)
    # One card per cluster, the unclustered last; see `cluster_cards.py` for the shape.
    cards = models.JSONField(default=list)
    clusters = models.PositiveIntegerField()
    unclustered = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.run} · {self.clusters} clusters"


class ConfirmedCluster(models.Model):
    """What a person said of a group of error samples; it outlives every re-clustering.

    It holds the samples themselves (their positions in the run), not a number that the next
    clustering would give to another group.
    """

    class Origin(models.TextChoices):
        """How the person arrived at the group."""

        CONFIRMED = "confirmed", _("confirmed")
        RENAMED = "renamed", _("renamed")
        MERGED = "merged", _("merged")
        SPLIT_OFF = "split_off", _("split off")

    run = models.ForeignKey(Run, models.CASCADE, related_name="confirmed_clusters")
    clustering = models.ForeignKey(
        Clustering, models.SET_NULL, null=True, related_name="confirmed_clusters"
    )
    name = models.CharField(_("name"), max_length=200)
    origin = models.CharField(max_length=20, choices=Origin.choices)
    from_clusters = models.JSONField(default=list)
    positions = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "name"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="confirmed_cluster_name_unique_in_run",
            )
        ]

    def __str__(self) -> str:
        return self.name
