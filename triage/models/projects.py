"""Projects and their members."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _


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
