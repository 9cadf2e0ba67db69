"""What is judged: audits, their items, and the seats from which people judge them."""

import uuid
from fractions import Fraction
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotations.models.kinds import CHOICES, TOP_FIVE_CHOICES, VerdictKind, default_noise_kinds
from annotations.science.estimation import protocols
from annotations.science.estimation.protocols import Protocol
from triage.models import Project, Run


class AuditRefused(ValueError):
    """The audit cannot be drawn as asked; the message is for the person who asked."""


class Audit(models.Model):
    """A seeded random draw of error samples for people to judge, with its protocol."""

    class State(models.TextChoices):
        """Whether verdicts are still taken."""

        OPEN = "open", _("open")
        # A planned audit that is settled: what people hold is still taken, nothing is handed out.
        STOPPED = "stopped", _("stopped")
        CLOSED = "closed", _("closed")

    class Question(models.TextChoices):
        """What people are asked about each item."""

        NOISE = "noise", _("noise check")
        TOP_FIVE = "top_five", _("top-5 check")

    class Design(models.TextChoices):
        """How the items are drawn and what the interval is made of."""

        SIMPLE_RANDOM = "simple_random", _("simple random")
        PROPORTIONAL = "proportional_per_cluster", _("proportional per cluster")
        SCORE_ASSISTED = "score_assisted", _("score-assisted")
        PLANNED_STOP = "planned_stop", _("planned early stop")

    class Policy(models.TextChoices):
        """How several verdicts on an item become its resolution."""

        AGREEMENT = "agreement", _("agreement of all")
        MAJORITY = "majority", _("majority")
        DAWID_SKENE = "dawid_skene", _("rater model (Dawid–Skene)")
        ADJUDICATION = "adjudication", _("adjudication by a lead")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="audits")
    run = models.ForeignKey(Run, models.PROTECT, related_name="audits")
    # The version of the run's scoring whose errors were drawn from.
    scoring_version = models.PositiveIntegerField(default=1)
    name = models.CharField(_("name"), max_length=200)
    protocol = models.CharField(max_length=40)
    # The protocol as drawn: size asked for, threshold as an exact fraction, > or >=.
    size = models.PositiveIntegerField()
    threshold_numerator = models.PositiveIntegerField()
    threshold_denominator = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    strict = models.BooleanField()
    question = models.CharField(max_length=20, choices=Question.choices, default=Question.NOISE)
    design = models.CharField(max_length=40, choices=Design.choices, default=Design.SIMPLE_RANDOM)
    # What the design fixed before the draw: strata with their sizes, mean scores.
    plan: Any = models.JSONField(default=dict)
    # The mismatch score that was frozen before the draw, where the design uses one.
    score = models.ForeignKey(
        "MismatchScore", models.PROTECT, null=True, blank=True, related_name="audits"
    )
    policy = models.CharField(max_length=20, choices=Policy.choices, default=Policy.AGREEMENT)
    # Whether who adjudicates sees the votes.
    open_votes = models.BooleanField(default=False)
    seed = models.BigIntegerField()
    overlap = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    noise_kinds = models.JSONField(default=default_noise_kinds)
    # The frame: what it was drawn from, and a fingerprint of that list of sample ids.
    criteria = models.JSONField(default=dict)
    population = models.PositiveBigIntegerField()
    population_by_cluster = models.JSONField(default=dict)
    cluster_names = models.JSONField(default=dict)
    frame_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(threshold_numerator__gt=0)
                & models.Q(threshold_numerator__lt=models.F("threshold_denominator")),
                name="audit_threshold_between_0_and_1",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The noise ratio page."""
        return reverse("annotations:audit", args=[self.pk])

    @property
    def threshold(self) -> Fraction:
        """The threshold as an exact fraction."""
        return Fraction(self.threshold_numerator, self.threshold_denominator)

    @property
    def drawn_by(self) -> Protocol:
        """The protocol that it was drawn by, from its row."""
        preset = protocols.PROTOCOLS.get(self.protocol)
        return Protocol(
            name=self.protocol,
            size=self.size,
            threshold=self.threshold,
            strict=self.strict,
            collected=preset.collected if preset else None,
            description=preset.description if preset else "",
        )

    @property
    def choices(self) -> list[VerdictKind]:
        """What an annotator can choose, in the order of the buttons."""
        return TOP_FIVE_CHOICES if self.question == self.Question.TOP_FIVE else CHOICES


class ItemQuerySet(models.QuerySet["Item"]):
    """Named questions about items."""

    def drawn(self) -> "ItemQuerySet":
        """The random draw alone, without gold items."""
        return self.filter(gold="")


class Item(models.Model):
    """One drawn sample, with a snapshot of what the annotator sees."""

    audit = models.ForeignKey(Audit, models.CASCADE, related_name="items")
    # Place in the draw, from 0: items are served in this (random) order.
    place = models.PositiveIntegerField()
    sample_id = models.CharField(max_length=1000)
    position = models.PositiveBigIntegerField()
    # -1 is unclustered; null: the run had no clustering when the audit was drawn.
    cluster = models.IntegerField(null=True)
    snapshot = models.JSONField()
    # The copy of the image kept as evidence; empty when there was none to show.
    image_sha256 = models.CharField(max_length=64, blank=True)
    # Place in the plan's strata; null where the design has none.
    stratum = models.PositiveSmallIntegerField(null=True)
    # The frozen mismatch score of the sample; never shown to annotators.
    score = models.FloatField(null=True)
    # The known verdict of a gold item; empty for a drawn one. Gold items stand outside the ratio.
    gold = models.CharField(max_length=20, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["audit", "place"], name="item_place_unique"),
            models.UniqueConstraint(fields=["audit", "sample_id"], name="item_drawn_once"),
        ]

    def __str__(self) -> str:
        return f"{self.audit} #{self.place + 1}"


class Seat(models.Model):
    """One of the `overlap` judgements an item asks for.

    Free: nobody. Leased: an annotator until `leased_until`. Taken: an annotator with no end,
    because a verdict was given. The two constraints are what keeps an item from going to more
    people than its overlap, or to the same person twice, whatever the code does.
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="seats")
    number = models.PositiveSmallIntegerField()
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="seats"
    )
    leased_until = models.DateTimeField(null=True)
    # Only this person may take the seat; null: anybody of the project.
    reserved_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reserved_seats"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "number"], name="seat_number_unique"),
            models.UniqueConstraint(
                fields=["item", "annotator"],
                condition=models.Q(annotator__isnull=False),
                name="one_seat_per_person_and_item",
            ),
            models.CheckConstraint(
                condition=models.Q(annotator__isnull=False) | models.Q(leased_until__isnull=True),
                name="lease_has_an_annotator",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["annotator", "leased_until"])]

    def __str__(self) -> str:
        return f"{self.item} seat {self.number}"
