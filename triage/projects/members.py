"""Who is in a project: admitted, given a role, shown out."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from triage.models import Membership, Project, Role


class MemberRefused(ValueError):
    """The change would leave the project without an admin, or repeats what is."""


def admit(project: Project, username: str, role: Role) -> tuple[Any, str]:
    """Make `username` a member; the person and, for a new account, its first password."""
    user = get_user_model().objects.filter(username=username).first()
    if user is not None and project.memberships.filter(user=user).exists():
        raise MemberRefused(_("%(name)s is a member already.") % {"name": username})
    password = ""
    with transaction.atomic():
        if user is None:
            password = secrets.token_urlsafe(12)
            user = get_user_model().objects.create_user(username=username, password=password)
        project.admit(user, role)
    return user, password


def change_role(membership: Membership, role: Role) -> None:
    """Give a member another role. Raises MemberRefused for the last admin."""
    with transaction.atomic():
        if role != Role.ADMIN:
            _keep_an_admin(membership)
        membership.role = role
        membership.save(update_fields=["role"])


def remove(membership: Membership) -> None:
    """End a membership; verdicts stay. Raises MemberRefused for the last admin."""
    with transaction.atomic():
        _keep_an_admin(membership)
        membership.delete()


def _keep_an_admin(membership: Membership) -> None:
    admins = Membership.objects.select_for_update().filter(
        project=membership.project, role=Role.ADMIN
    )
    if list(admins.values_list("pk", flat=True)) == [membership.pk]:
        raise MemberRefused(_("A project needs an admin: name another one first."))
