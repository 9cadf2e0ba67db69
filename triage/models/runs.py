"""Runs, and what people and machines made of their errors.

The samples themselves are not here: a run's rows live in immutable Parquet under the data root
(see `science/store`); a `Run` row only says that they exist and what they were made of.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from triage.models.projects import Project
from triage.said import told
from triage.science.store.browsing import RunBrowser
from triage.science.store.store import DataRoot, RunFolder


class ScoringMoved(Exception):
    """The run has another version by now than the one that this one follows."""


class Run(models.Model):
    """One model's predictions over a data set: imported once, immutable.

    How the predictions are read and scored may be changed: each time is a `ScoringVersion`, and the
    run holds the numbers of the current one.
    """

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
    # The version that counts, and the folder among the run's files that its samples lie in.
    scoring_version = models.PositiveIntegerField(default=1)
    samples_at = models.CharField(max_length=60, default="samples")
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
    def notes(self) -> list[str]:
        """What was said of the files when they were read: joins, names of rows, encodings."""
        return [told(note) for note in self.outcome.get("notes", [])]

    @property
    def unanswered(self) -> int:
        """Samples without an answer: nothing was written, or the call to the model failed."""
        read = self.outcome.get("read", {})
        return int(read.get("no_answer", 0)) + int(read.get("failed_call", 0))

    @property
    def folder(self) -> RunFolder:
        """Its files under the data root; nothing is made or looked for."""
        return DataRoot(settings.DATA_ROOT).run(self.uuid, self.samples_at)

    @property
    def browser(self) -> RunBrowser:
        """Questions about its samples."""
        return RunBrowser(self.folder)

    def current_clustering(self) -> "Clustering | None":
        """The newest clustering of its error samples, if there is one."""
        return self.clusterings.first()

    def versions_of_scoring(self) -> "list[ScoringVersion]":
        """All versions, the newest first; of a run that was never scored anew, the import alone."""
        return list(self.scoring_versions.select_related("created_by")) or [self._as_version()]

    def version_made_from(self, when: datetime) -> int | None:
        """The version that was current at `when`, if it is another than now."""
        if self.scoring_version == 1:
            return None
        before = self.scoring_versions.filter(created_at__lte=when).first()
        number = before.number if before else 1
        return number if number != self.scoring_version else None

    def adopt(self, new: "ScoringVersion") -> None:
        """Make `new` the version that counts: wholly or not at all. Raises ScoringMoved."""
        current: dict[str, Any] = {
            "scoring_version": new.number,
            "samples_at": new.samples_at,
            "scoring": new.rule,
            "errors": new.errors,
            "accuracy": new.accuracy,
            "outcome": {**self.outcome, **new.outcome},
        }
        with transaction.atomic():
            follows = Run.objects.filter(pk=self.pk, scoring_version=new.number - 1)
            if not follows.update(**current):
                raise ScoringMoved
            if new.number == 2:
                self._as_version().save(force_insert=True)
            new.save(force_insert=True)
        for name, value in current.items():
            setattr(self, name, value)

    def _as_version(self) -> "ScoringVersion":
        """What the run holds, as an unsaved version."""
        return ScoringVersion(
            run=self,
            number=self.scoring_version,
            rule=self.scoring,
            samples_at=self.samples_at,
            errors=self.errors,
            accuracy=self.accuracy,
            outcome={k: v for k, v in self.outcome.items() if k in SCORED},
            created_at=self.created_at,
            created_by=self.created_by,
        )


# The entries of a run's outcome that scoring makes; the rest is of the import.
SCORED = ("read", "borders", "groups", "groups_right", "rules", "differing", "judge_agreement")


class ScoringVersion(models.Model):
    """How a run's predictions were read and scored at a time, and what that changed.

    Version 1 is the import itself; it has a row from the day on that there is a second.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="scoring_versions")
    number = models.PositiveIntegerField()
    rule = models.CharField(max_length=20)
    samples_at = models.CharField(max_length=60)
    errors = models.PositiveBigIntegerField()
    # Mean credit, and the entries of `Run.outcome` that scoring makes.
    accuracy = models.FloatField(null=True, blank=True)
    outcome = models.JSONField(default=dict, blank=True)
    # Against the version before: errors that are none any more, and new ones; the first of them by
    # their positions.
    errors_gone = models.PositiveBigIntegerField(default=0)
    errors_new = models.PositiveBigIntegerField(default=0)
    gone_positions: Any = models.JSONField(default=list, blank=True)
    new_positions: Any = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="scoring_version_unique_in_run")
        ]

    def __str__(self) -> str:
        return f"{self.run} · {self.number}"

    @property
    def browser(self) -> RunBrowser:
        """Questions about the samples as this version has them."""
        return RunBrowser(self.run.folder.at(self.samples_at))


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
