"""Rows of the machine's side: projects and members, runs, filters, clusterings, jobs."""

from triage.models.jobs import Job, JobQuerySet, WorkerPulse
from triage.models.projects import Membership, Project, ProjectQuerySet, Role
from triage.models.runs import (
    Clustering,
    ConfirmedCluster,
    Run,
    ScoringMoved,
    ScoringVersion,
    StoredFilter,
)

__all__ = [
    "Clustering",
    "ConfirmedCluster",
    "Job",
    "JobQuerySet",
    "Membership",
    "Project",
    "ProjectQuerySet",
    "Role",
    "Run",
    "ScoringMoved",
    "ScoringVersion",
    "StoredFilter",
    "WorkerPulse",
]
