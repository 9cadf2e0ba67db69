"""Load-and-authorise helpers: every view gets its object here or not at all.

A person who is not a member learns nothing (404); a member whose role is too low is told so (403).
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from triage.models import Job, Membership, Project, Role, Run


def membership_in(user: Any, project: Project) -> Membership:
    """`user`'s membership in `project`; Http404 when there is none."""
    membership = Membership.objects.filter(project=project, user=user).first()
    if membership is None or not user.is_active:
        raise Http404
    return membership


def require(user: Any, project: Project, role: Role) -> Membership:
    """`user`'s membership if its role is at least `role`.

    Raises Http404 for people outside the project, PermissionDenied for a lower role.
    """
    membership = membership_in(user, project)
    if not membership.may(role):
        raise PermissionDenied(
            _("This page is for a project's leads. Ask an admin of “%(project)s” for the role.")
            % {"project": project}
        )
    return membership


def project_for(user: Any, slug: str, role: Role) -> Project:
    """The project at `slug`, for a member with at least `role`."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise Http404
    require(user, project, role)
    return project


def run_for(user: Any, pk: int, role: Role = Role.LEAD) -> Run:
    """The run with key `pk`, for a member of its project with at least `role`."""
    run = Run.objects.select_related("project").filter(pk=pk).first()
    if run is None:
        raise Http404
    require(user, run.project, role)
    return run


def job_for(user: Any, job_uuid: Any, role: Role = Role.LEAD) -> Job:
    """The job `job_uuid`, for a member of its project with at least `role`."""
    job = Job.objects.select_related("project", "run").filter(uuid=job_uuid).first()
    if job is None:
        raise Http404
    require(user, job.project, role)
    return job
