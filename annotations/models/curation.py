"""What is known and done about samples apart from audits: gold, scores, repairs, exports."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotations.models.chains import ChainLink, ChainQuerySet
from annotations.models.kinds import VerdictKind
from triage.models import Run


class GoldAnswer(models.Model):
    """The known verdict of a sample, mixed into audits unseen to measure annotators."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="gold_answers")
    sample_id = models.CharField(max_length=1000)
    kind = models.CharField(max_length=20, choices=VerdictKind.choices)
    # How it is known: a file's name, or the audit that it was resolved in.
    source = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "sample_id"], name="one_gold_answer_per_sample"),
        ]

    def __str__(self) -> str:
        return f"{self.run}/{self.sample_id}: {self.kind}"


class MismatchScore(models.Model):
    """One scoring of a run's samples by how likely they are noise. Never changed: a new fit is a
    new row, so that an audit can name the score that was frozen before its draw."""

    class Method(models.TextChoices):
        """Where the scores come from."""

        CLASSIFIER = "classifier", _("classifier, cross-fitted on verdicts")
        LABEL_FREE = "label_free", _("label-free")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="mismatch_scores")
    method = models.CharField(max_length=20, choices=Method.choices)
    # Inputs with their weights, seed, versions, and the cross-fitted figures with their ROC.
    parameters: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.run} · {self.get_method_display()} {self.created_at:%Y-%m-%d %H:%M}"


class Repair(ChainLink):
    """What somebody decided about a suspicious sample in the cleaning queue. Never updated: the
    newest of a sample stands. Repairs never enter a noise ratio."""

    class Action(models.TextChoices):
        """What becomes of the sample."""

        KEEP = "keep", _("keep")
        DROP = "drop", _("drop")
        CORRECT = "correct", _("correct")
        # An undo: the sample is in the queue again.
        REOPENED = "reopened", _("reopened")

    run = models.ForeignKey(Run, models.CASCADE, related_name="repairs")
    sample_id = models.CharField(max_length=1000)
    position = models.PositiveBigIntegerField()
    action = models.CharField(max_length=10, choices=Action.choices)
    corrected_answer = models.CharField(max_length=1000, blank=True)
    score = models.ForeignKey(MismatchScore, models.PROTECT, null=True, related_name="repairs")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="repairs")

    objects = ChainQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(corrected_answer="") | models.Q(action="correct"),
                name="only_a_correction_has_an_answer",
            ),
            models.UniqueConstraint(
                fields=["run", "sample_id"],
                condition=models.Q(supersedes__isnull=True),
                name="one_repair_chain_per_sample",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run}/{self.sample_id}: {self.action}"


class CuratedSet(models.Model):
    """An export: kept, dropped and corrected samples and weights, with the recipe behind it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="curated_sets")
    recipe = models.JSONField(default=dict)
    file_format = models.CharField(max_length=20)
    # Counts, files with checksums, audits, seeds, versions: the manifest as written.
    manifest: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.run} · curated {self.created_at:%Y-%m-%d %H:%M}"
