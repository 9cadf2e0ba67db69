"""What a diagnosis was made of, by which rules its errors were named, what people say, and the
experiments that prove a cause or refute it."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models import CuratedSet, MismatchScore
from triage.models import Clustering, Job, Project, Run


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


class Experiment(models.Model):
    """A question put to a training: arms that differ in one factor, seeds, and what came of it.

    What people had said when it first began lies frozen beside its trials, so that a trial that is
    carried out later, or again, reads the same.
    """

    class State(models.TextChoices):
        """Where it stands; a running one that nobody works on any more is interrupted."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        STOPPING = "stopping", _("stopping")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    OPEN = (State.WAITING, State.RUNNING, State.STOPPING)
    INTERRUPTED = "interrupted"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="experiments")
    # Its name in the registry; "custom" for arms that somebody wrote.
    name = models.CharField(max_length=60)
    # {"arms": [Arm.as_dict, …], "seeds": [int, …]}
    design: Any = models.JSONField(default=dict)
    options: Any = models.JSONField(default=dict)
    trainer = models.CharField(max_length=40, default="builtin")
    trainer_options: Any = models.JSONField(default=dict)
    # Everything that the trials' bits depend on besides material, arm and seed.
    configuration: Any = models.JSONField(default=dict)
    curated_set = models.ForeignKey(
        CuratedSet, models.PROTECT, null=True, related_name="experiments"
    )
    # The recipe of a curated set that is frozen when the experiment begins; empty: none is.
    recipe: Any = models.JSONField(default=dict)
    score = models.ForeignKey(MismatchScore, models.PROTECT, null=True, related_name="+")
    target = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    glossary = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    why = models.TextField(blank=True)
    # Checksums of the run's source, and of what people had said when it first began.
    checksum = models.CharField(max_length=64)
    people_checksum = models.CharField(max_length=64, blank=True)
    versions: Any = models.JSONField(default=dict)
    # The sentence, and the difference with its interval: what lists and priorities show.
    summary: Any = models.JSONField(default=dict)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    heard_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.run} {self.name}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("diagnostics:experiment", args=[self.pk])

    @property
    def folder(self) -> tuple[str, str]:
        """Its files in the run's folder."""
        return ("experiments", self.uuid.hex)

    @property
    def is_silent(self) -> bool:
        """Whether whoever carries it out has not been heard of for longer than they may."""
        silence = timedelta(seconds=settings.WORKER_SILENCE_SECONDS)
        return self.heard_at is None or timezone.now() - self.heard_at > silence

    @property
    def phase(self) -> str:
        """Its state, and "interrupted" where its worker was killed."""
        under_way = self.state in (self.State.RUNNING, self.State.STOPPING)
        left_alone = self.job is not None and not self.job.is_open
        if (under_way and (self.is_silent or left_alone)) or (
            self.state == self.State.WAITING and left_alone
        ):
            return self.INTERRUPTED
        return self.state

    @property
    def phase_words(self) -> str:
        """The same for a reader."""
        phase = self.phase
        return str(_("interrupted") if phase == self.INTERRUPTED else self.get_state_display())

    @property
    def is_open(self) -> bool:
        """Whether somebody works on it, or will."""
        return self.phase in self.OPEN

    @property
    def may_resume(self) -> bool:
        """Whether trials are left that can be carried out."""
        left = (self.State.STOPPED, self.INTERRUPTED, self.State.FAILED)
        return self.phase in left or (
            self.state == self.State.DONE and self.trials.filter(state=Trial.State.FAILED).exists()
        )

    def begin(self) -> bool:
        """Claim a waiting one; False if another worker has it, or it was stopped meanwhile."""
        claimed = Experiment.objects.filter(pk=self.pk, state=self.State.WAITING).update(
            state=self.State.RUNNING, heard_at=timezone.now(), why=""
        )
        if claimed:
            self.refresh_from_db()
        return bool(claimed)

    def beat(self) -> None:
        """Whoever carries it out is alive now."""
        Experiment.objects.filter(pk=self.pk).update(heard_at=timezone.now())

    def end(self, state: str, why: str = "", summary: dict[str, Any] | None = None) -> None:
        """It ended: done, stopped or failed."""
        self.state, self.why, self.finished_at = state, why, timezone.now()
        self.summary = summary or {}
        self.save(update_fields=["state", "why", "finished_at", "summary"])


class Trial(models.Model):
    """One arm with one seed. Its credits lie in a file that was written before it is done."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        DIVERGED = "diverged", _("diverged")
        FAILED = "failed", _("failed")

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="trials")
    arm = models.CharField(max_length=120)
    # Place of the arm in the design, from 0.
    place = models.PositiveSmallIntegerField()
    seed = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    credit = models.FloatField(null=True)
    seconds = models.FloatField(null=True)
    why = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["place", "seed"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["experiment", "arm", "seed"], name="one_trial_an_arm_and_seed"
            ),
            models.CheckConstraint(
                name="a_done_trial_has_a_credit",
                condition=~models.Q(state="done") | models.Q(credit__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.arm} / {self.seed}"
