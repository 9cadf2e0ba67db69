"""Background work: how far each job is, and which workers live."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from triage.models import kinds
from triage.models.projects import Project
from triage.models.runs import Run
from triage.said import kept, told


class JobQuerySet(models.QuerySet["Job"]):
    """Named questions about jobs."""

    def open(self) -> "JobQuerySet":
        """Jobs that have not ended."""
        return self.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])


class Job(models.Model):
    """One piece of background work and how far it is."""

    class State(models.TextChoices):
        """Where it stands."""

        # An import that a person is still describing: not in the queue.
        DRAFT = "draft", _("draft")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=kinds.choices)
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
        """Say how far it is: `share` 0..1 and what is being done now.

        A step with numbers is kept as what it is made of, for each reader's language.
        """
        at = min(max(share, 0.0), 1.0)
        Job.objects.filter(pk=self.pk).update(share=at, step=kept(step)[:200])

    @property
    def stage(self) -> str:
        """What is being done now, as it was said: a Sentence where it has numbers."""
        return told(self.step)

    @property
    def why_failed(self) -> str:
        """Why it ended badly, as it was said."""
        return told(self.error)

    def finish(self, **result: Any) -> None:
        """It ended well."""
        self.state, self.share, self.result = self.State.DONE, 1.0, result
        self.finished_at = timezone.now()
        self.save(update_fields=["state", "share", "result", "run", "finished_at"])

    def fail(self, reason: str) -> None:
        """It ended badly; `reason` is shown to the person who asked for it."""
        self.state, self.error = self.State.FAILED, kept(reason)
        self.finished_at = timezone.now()
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
