"""What people said of items: verdicts, adjudications, flags.

Nothing here is updated or deleted: a change of mind is a new row that supersedes the old one, and
an undo is a row too. What stands is a query over rows that nothing has superseded.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models

from annotations.models.audits import Item
from annotations.models.chains import ChainLink, ChainQuerySet
from annotations.models.kinds import VerdictKind


class VerdictQuerySet(ChainQuerySet["Verdict"]):
    """Named questions about verdicts."""

    def standing(self) -> "VerdictQuerySet":
        """The verdicts that count: not superseded, not withdrawn."""
        return self.newest().exclude(kind=VerdictKind.WITHDRAWN)


class Verdict(ChainLink):
    """One annotator's answer on one item. Never updated, never deleted."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="verdicts")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="verdicts")
    kind = models.CharField(max_length=20, choices=VerdictKind.choices)
    # Rank (from 1) of the candidate that is a right reading, in a top-5 check.
    candidate = models.PositiveSmallIntegerField(null=True)
    corrected_answer = models.CharField(max_length=1000, blank=True)
    comment = models.TextField(blank=True)
    # From shown to sent, as the browser measured it; null when it came from a file.
    seconds = models.FloatField(null=True)
    # The lead who withdrew the verdict and sent the item back; their note is the comment.
    sent_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

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
            models.CheckConstraint(
                condition=models.Q(candidate__isnull=True) | models.Q(kind=VerdictKind.AMONG),
                name="only_a_right_reading_names_a_candidate",
            ),
            models.CheckConstraint(
                condition=models.Q(sent_back_by__isnull=True)
                | models.Q(kind=VerdictKind.WITHDRAWN),
                name="only_a_withdrawal_sends_back",
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


class Adjudication(ChainLink):
    """A lead's final word on an item. Never updated: the newest of an item stands."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="adjudications")
    adjudicator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="adjudications"
    )
    # Empty: the earlier word is taken back and the votes count again.
    kind = models.CharField(max_length=20, choices=VerdictKind.choices, blank=True)
    corrected_answer = models.CharField(max_length=1000, blank=True)
    comment = models.TextField(blank=True)
    # Whether the votes were on the screen when it was decided.
    saw_votes = models.BooleanField(default=False)

    objects = ChainQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item"],
                condition=models.Q(supersedes__isnull=True),
                name="one_adjudication_chain_per_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.kind or 'reopened'} by {self.adjudicator}"


class Flag(models.Model):
    """An annotator's question to the lead about an item; it stays until a lead answers it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="flags")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="flags")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    answer = models.TextField(blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item", "annotator"],
                condition=models.Q(settled_at__isnull=True),
                name="one_open_flag_per_person_and_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} flagged by {self.annotator}"
