"""What people say of groups of errors: confirm, rename, merge, split off; take back.

A person's word is kept as the samples it was said of, so that the next clustering, which numbers
its groups anew, cannot change it; it is shown against whatever the machine says then.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from triage.models import Clustering, ConfirmedCluster, Run

MOST_POSITIONS = 200_000


class NotConfirmed(ValueError):
    """The group cannot be kept as asked; the message is for the person who asked."""


@dataclass(frozen=True)
class Agreement:
    """How a person's group lies in the current clustering: Jaccard overlap with its best match."""

    cluster: int
    name: str
    inside: int
    overlap: float
    unclustered: int
    size: int


def say(
    clustering: Clustering,
    *,
    name: str,
    clusters: Sequence[int] = (),
    positions: Sequence[int] = (),
    user: Any | None = None,
) -> ConfirmedCluster:
    """Keep a group under a name: whole clusters (one: confirmed or renamed; several: merged), or
    samples picked on the map (split off).

    Raises NotConfirmed for a group without samples, a name that is taken, or unknown clusters.
    """
    name = name.strip()[:200]
    if not name:
        raise NotConfirmed(_("Give the group a name."))
    origin = ConfirmedCluster.Origin
    if clusters:
        chosen = _members(clustering, clusters)
        own = [card["name"] for card in clustering.cards if card["cluster"] == clusters[0]]
        kind = (
            origin.MERGED
            if len(set(clusters)) > 1
            else (origin.CONFIRMED if [name] == own else origin.RENAMED)
        )
    else:
        chosen, kind = _known(clustering, positions), origin.SPLIT_OFF
    if not chosen:
        raise NotConfirmed(_("The group holds no error sample of this run."))
    try:
        with transaction.atomic():
            return ConfirmedCluster.objects.create(
                run=clustering.run,
                clustering=clustering,
                name=name,
                origin=kind,
                from_clusters=sorted(set(clusters)),
                positions=chosen,
                created_by=user,
            )
    except IntegrityError as problem:
        raise NotConfirmed(
            _("A group is named “%(name)s” already: choose another name.") % {"name": name}
        ) from problem


def rename(row: ConfirmedCluster, name: str) -> None:
    """Another name for the same samples. Raises NotConfirmed for an empty or taken one."""
    name = name.strip()[:200]
    if not name:
        raise NotConfirmed(_("Give the group a name."))
    try:
        with transaction.atomic():
            row.name = name
            row.save(update_fields=["name"])
    except IntegrityError as problem:
        raise NotConfirmed(
            _("A group is named “%(name)s” already: choose another name.") % {"name": name}
        ) from problem


def withdraw(row: ConfirmedCluster) -> None:
    """Take a person's word back; the row stays for the record."""
    ConfirmedCluster.objects.filter(pk=row.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    )


def restore(row: ConfirmedCluster) -> None:
    """Undo a withdrawal. Raises NotConfirmed where its name went to another group since."""
    try:
        with transaction.atomic():
            ConfirmedCluster.objects.filter(pk=row.pk).update(withdrawn_at=None)
    except IntegrityError as problem:
        raise NotConfirmed(
            _("A group is named “%(name)s” already: choose another name.") % {"name": row.name}
        ) from problem


def agreement(
    positions: Iterable[int], labels: Mapping[int, int], names: Mapping[int, str]
) -> Agreement | None:
    """The current cluster that shares most with a person's group; None where none does."""
    own = [position for position in positions if position in labels]
    inside = Counter(labels[position] for position in own)
    unclustered = inside.pop(-1, 0)
    if not inside:
        return None
    sizes = Counter(labels.values())
    overlaps = {
        cluster: count / (len(own) + sizes[cluster] - count) for cluster, count in inside.items()
    }
    best = max(overlaps, key=lambda cluster: (overlaps[cluster], -cluster))
    return Agreement(
        best, names.get(best, str(best)), inside[best], overlaps[best], unclustered, len(own)
    )


def _members(clustering: Clustering, clusters: Sequence[int]) -> list[int]:
    known = {card["cluster"] for card in clustering.cards}
    unknown = sorted(set(clusters) - known)
    if unknown:
        raise NotConfirmed(_("There is no cluster %(number)s.") % {"number": unknown[0]})
    wanted = set(clusters)
    return [position for position, label in _labels(clustering) if label in wanted]


def _known(clustering: Clustering, positions: Sequence[int]) -> list[int]:
    if len(positions) > MOST_POSITIONS:
        raise NotConfirmed(_("That is more samples than a group may hold."))
    wanted = set(positions)
    return [position for position, _label in _labels(clustering) if position in wanted]


def _labels(clustering: Clustering) -> list[tuple[int, int]]:
    run: Run = clustering.run
    table = run.folder.read_table(
        "clusterings", f"{clustering.uuid.hex}.parquet", columns=["position", "cluster"]
    )
    return list(zip(table["position"].to_pylist(), table["cluster"].to_pylist(), strict=True))
