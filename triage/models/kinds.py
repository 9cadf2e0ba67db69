"""Kinds of background work: each is registered by the room that carries it out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class JobKind:
    """One kind of job: its name in the database, how pages call it, the task that does it.

    `formerly`: paths that the task had before it was moved; the worker hands what was queued under
    them over to `task`.
    """

    name: str
    words: Any
    task: str
    formerly: tuple[str, ...] = ()


_KINDS: dict[str, JobKind] = {}


def register(kind: JobKind) -> JobKind:
    """Make a kind known; done where its task is defined. The same name twice is a mistake."""
    before = _KINDS.setdefault(kind.name, kind)
    if before.task != kind.task:
        raise ValueError(f"two tasks for jobs of kind '{kind.name}': {before.task}, {kind.task}")
    return kind


def known() -> Iterable[JobKind]:
    """Every registered kind."""
    return _KINDS.values()


def choices() -> list[tuple[str, Any]]:
    """Names and words of all kinds, in the order of their names."""
    return sorted((kind.name, kind.words) for kind in _KINDS.values())


# The two of this app; rooms below the ones that carry them out know them too.
IMPORT = register(
    JobKind(
        "import",
        _("Import"),
        task="triage.imports.tasks.carry_out_import",
        formerly=("triage.tasks.carry_out_import",),
    )
)
ANALYSE = register(
    JobKind(
        "analyse",
        _("Analysis"),
        task="triage.clusters.tasks.carry_out_analysis",
        formerly=("triage.tasks.carry_out_analysis",),
    )
)
