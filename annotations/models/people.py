"""What the product remembers of a person: their keys, and that they warmed up."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models


class ReviewKeys(models.Model):
    """One person's own keys, by what they press: {"match": "j", "undo": "k"}; the rest is as
    delivered."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="review_keys"
    )
    keys: Any = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"keys of {self.user}"


class WarmUp(models.Model):
    """A finished warm-up: how many of its items the person judged as they were known to be."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="warm_ups")
    right = models.PositiveSmallIntegerField()
    items = models.PositiveSmallIntegerField()
    finished_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-finished_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.right} of {self.items}"
