"""Rows of the machine's side: projects and members, imports, runs, filters, clusterings, jobs.

The samples themselves are not here: a run's rows live in immutable Parquet under the data root
(see `store.py`); a `Run` row only says that they exist and what they were made of.
"""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from triage.science.store.browsing import RunBrowser
from triage.science.store.store import DataRoot, RunFolder


class Role(models.TextChoices):
    """What a member may do; each role may do what those before it may."""

    ANNOTATOR = "annotator", _("Annotator")
    LEAD = "lead", _("Lead")
    ADMIN = "admin", _("Admin")

    @property
    def rank(self) -> int:
        """Higher may do more."""
        return list(Role).index(self)


class ProjectQuerySet(models.QuerySet["Project"]):
    """Named questions about projects."""

    def of(self, user: Any) -> "ProjectQuerySet":
        """The projects that `user` is a member of, newest first."""
        return self.filter(memberships__user=user).order_by("-created_at")


class Project(models.Model):
    """A team's space: members with a role, runs, audits."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its overview page."""
        return reverse("triage:project", args=[self.slug])

    @classmethod
    def start(cls, name: str, user: Any | None = None) -> "Project":
        """Create a project under a free slug; `user` becomes its admin."""
        base = slugify(name) or "project"
        slug, number = base, 1
        while cls.objects.filter(slug=slug).exists():
            number += 1
            slug = f"{base}-{number}"
        project = cls.objects.create(name=name, slug=slug)
        if user is not None:
            project.admit(user, Role.ADMIN)
        return project

    def admit(self, user: Any, role: Role) -> "Membership":
        """Make `user` a member with `role`, or give a member that role."""
        return self.memberships.update_or_create(user=user, defaults={"role": role})[0]


class Membership(models.Model):
    """One person's role in one project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "user"], name="one_membership_per_person"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.project} · {self.role}"

    def may(self, role: Role) -> bool:
        """Whether this member's role is at least `role`."""
        return Role(self.role).rank >= role.rank


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


class JobQuerySet(models.QuerySet["Job"]):
    """Named questions about jobs."""

    def open(self) -> "JobQuerySet":
        """Jobs that have not ended."""
        return self.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])


class Job(models.Model):
    """One piece of background work and how far it is."""

    class Kind(models.TextChoices):
        """What is being done."""

        IMPORT = "import", _("Import")
        ANALYSE = "analyse", _("Analysis")
        EXPORT = "export", _("Export")
        SCORE = "score", _("Mismatch score")
        DIAGNOSE = "diagnose", _("Diagnosis")
        EXPERIMENT = "experiment", _("Experiment")

    class State(models.TextChoices):
        """Where it stands."""

        # An import that a person is still describing: not in the queue.
        DRAFT = "draft", _("draft")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    project = models.ForeignKey(Project, models.CASCADE, related_name="jobs")
    run = models.ForeignKey(Run, models.CASCADE, null=True, related_name="jobs")
    request = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    share = models.FloatField(default=0.0)
    step = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.uuid}"

    @property
    def title(self) -> str:
        """What it works on: a run's name or the name of the file."""
        return self.request.get("name") or self.request.get("source_name") or str(self.run or "")

    @property
    def is_open(self) -> bool:
        """Whether it is still waiting or running."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How far it is, 0..100."""
        return round(100 * self.share)

    @property
    def seconds_left(self) -> int | None:
        """A guess from the pace so far; None while there is too little to go by."""
        if self.started_at is None or self.share < 0.05 or self.state != self.State.RUNNING:
            return None
        spent = (timezone.now() - self.started_at).total_seconds()
        return round(spent * (1 - self.share) / self.share)

    def begin(self) -> bool:
        """Claim a waiting job; False if another worker has it (or it has ended)."""
        claimed = Job.objects.filter(pk=self.pk, state=self.State.WAITING).update(
            state=self.State.RUNNING, started_at=timezone.now()
        )
        if claimed:
            self.refresh_from_db()
        return bool(claimed)

    def advance(self, share: float, step: str) -> None:
        """Say how far it is: `share` 0..1 and what is being done now."""
        Job.objects.filter(pk=self.pk).update(share=min(max(share, 0.0), 1.0), step=step[:200])

    def finish(self, **result: Any) -> None:
        """It ended well."""
        self.state, self.share, self.result = self.State.DONE, 1.0, result
        self.finished_at = timezone.now()
        self.save(update_fields=["state", "share", "result", "run", "finished_at"])

    def fail(self, reason: str) -> None:
        """It ended badly; `reason` is shown to the person who asked for it."""
        self.state, self.error, self.finished_at = self.State.FAILED, reason, timezone.now()
        self.save(update_fields=["state", "error", "finished_at"])


class WorkerPulse(models.Model):
    """When each background worker was last heard of."""

    worker = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker

    @classmethod
    def beat(cls, worker: str) -> None:
        """The worker is alive now."""
        cls.objects.update_or_create(worker=worker, defaults={"seen_at": timezone.now()})

    @classmethod
    def any_alive(cls) -> bool:
        """Whether some worker was heard of lately."""
        since = timezone.now() - timedelta(seconds=settings.WORKER_SILENCE_SECONDS)
        return cls.objects.filter(seen_at__gte=since).exists()
