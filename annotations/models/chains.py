"""Chains of words: a change of mind is a new row that supersedes the old one, an undo is one too.

Nothing in a chain is updated or deleted. What stands is a query over rows that nothing supersedes.
"""

import uuid
from typing import Self, TypeVar

from django.db import models

_Row = TypeVar("_Row", bound=models.Model)


class ChainQuerySet(models.QuerySet[_Row]):
    """Named questions about rows of a chain."""

    def newest(self) -> Self:
        """The last row of each chain, whatever it says: also one that takes a word back."""
        return self.filter(superseded_by__isnull=True)


class ChainLink(models.Model):
    """A row of a chain: made by one submission, it supersedes at most one row, once."""

    # Made by the page when it shows the item; a retried request carries the same one.
    submission = models.UUIDField(default=uuid.uuid4, unique=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
