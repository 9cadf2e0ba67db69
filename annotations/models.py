"""Rows of the people's side: audits, items, seats, verdicts, curated sets.

Verdicts are append-only: a change of mind is a new row that supersedes the old one, and an undo
is a row too. What stands is a query over rows that nothing has superseded.
"""

import uuid
from fractions import Fraction
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from triage.models import Project, Run


class VerdictKind(models.TextChoices):
    """One annotator's answer on one item."""

    MATCH = "match", _("match")
    MISMATCH = "mismatch", _("mismatch")
    WRONG_ANSWER = "wrong_answer", _("wrong answer")
    AMBIGUOUS = "ambiguous", _("ambiguous")
    UNSURE = "unsure", _("unsure")
    UNUSABLE = "unusable", _("unusable")
    # An undo: the annotator took the verdict back and the item is open again.
    WITHDRAWN = "withdrawn", _("withdrawn")


# What an annotator can choose, in the order of the buttons.
CHOICES = [kind for kind in VerdictKind if kind is not VerdictKind.WITHDRAWN]
# Left out of the denominator and bounded.
UNDECIDED = (VerdictKind.UNSURE, VerdictKind.UNUSABLE)


def default_noise_kinds() -> list[str]:
    """The verdicts that count as noise unless the audit says otherwise."""
    return [VerdictKind.MISMATCH, VerdictKind.WRONG_ANSWER]


class Audit(models.Model):
    """A seeded random draw of error samples for people to judge, with its protocol."""

    class State(models.TextChoices):
        """Whether verdicts are still taken."""

        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="audits")
    run = models.ForeignKey(Run, models.PROTECT, related_name="audits")
    name = models.CharField(_("name"), max_length=200)
    protocol = models.CharField(max_length=40)
    # The protocol as drawn: size asked for, threshold as an exact fraction, > or >=.
    size = models.PositiveIntegerField()
    threshold_numerator = models.PositiveIntegerField()
    threshold_denominator = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    strict = models.BooleanField()
    design = models.CharField(max_length=40, default="simple_random")
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


class VerdictQuerySet(models.QuerySet["Verdict"]):
    """Named questions about verdicts."""

    def standing(self) -> "VerdictQuerySet":
        """The verdicts that count: not superseded, not withdrawn."""
        return self.filter(superseded_by__isnull=True).exclude(kind=VerdictKind.WITHDRAWN)


class Verdict(models.Model):
    """One annotator's answer on one item. Never updated, never deleted."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="verdicts")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="verdicts")
    kind = models.CharField(max_length=20, choices=VerdictKind.choices)
    corrected_answer = models.CharField(max_length=1000, blank=True)
    comment = models.TextField(blank=True)
    # Made by the page when it shows the item; a retried request carries the same one.
    submission = models.UUIDField(default=uuid.uuid4, unique=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    # From shown to sent, as the browser measured it; null when it came from a file.
    seconds = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=VerdictKind.values), name="verdict_kind_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(corrected_answer="") | models.Q(kind=VerdictKind.WRONG_ANSWER),
                name="only_wrong_answers_are_corrected",
            ),
            # One chain of verdicts per person and item.
            models.UniqueConstraint(
                fields=["item", "annotator"],
                condition=models.Q(supersedes__isnull=True),
                name="one_verdict_chain_per_person_and_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.kind} by {self.annotator}"


class CuratedSet(models.Model):
    """An export: kept, dropped and corrected samples and weights, with the recipe behind it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="curated_sets")
    recipe = models.JSONField(default=dict)
    file_format = models.CharField(max_length=10)
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
