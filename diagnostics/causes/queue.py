"""The queue in which people confirm or correct the causes of error samples and of clusters."""

from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from diagnostics.causes.naming import read_causes, read_evidence, read_one
from diagnostics.models import CauseVerdict, Diagnosis
from diagnostics.science.causes.catalogue import BY_NAME
from triage.models import Run

UNDETERMINED = "undetermined"
# Looked through for the next sample that a person has not judged yet.
MOST_LOOKED = 100_000


class CauseRefused(ValueError):
    """A cause that cannot be recorded; the message is for the person who sent it."""


def next_position(run: Run, user: Any, skipped: "set[int] | None" = None) -> int | None:
    """The next error sample that `user` has not judged, in an order drawn once for the run.

    The order is random, the same for everybody: what is judged first is a fair sample of the
    errors, and two people meet on the same ones. None where all are judged, or none was named.
    """
    diagnosis = Diagnosis.latest_of(run)
    if diagnosis is None or diagnosis.naming() is None:
        return None
    table = read_evidence(diagnosis, ["position", "evaluated"])
    evaluated = table["evaluated"].to_numpy(zero_copy_only=False)
    positions = np.sort(table["position"].to_numpy()[evaluated])
    order = np.random.default_rng(run.uuid.int % 2**32).permutation(len(positions))[:MOST_LOOKED]
    done = set(_own(run, user).values_list("position", flat=True)) | (skipped or set())
    return next((int(each) for each in positions[order] if int(each) not in done), None)


def judge(run: Run, user: Any, position: int, cause: str) -> CauseVerdict:
    """Record one person's cause of an error sample; a later word replaces it.

    Raises CauseRefused for an unknown cause, or a sample that is no error of the diagnosis.
    """
    check(cause)
    diagnosis = Diagnosis.latest_of(run)
    naming = diagnosis.naming() if diagnosis is not None else None
    found = read_one(diagnosis, naming, position) if diagnosis and naming else None
    if found is None:
        raise CauseRefused(_("The diagnosis has no error sample at this place."))
    verdict, _created = CauseVerdict.objects.update_or_create(
        run=run, position=position, by=user, defaults={"cause": cause, "named": found["cause"]}
    )
    return verdict


def judge_cluster(run: Run, user: Any, cluster: int, cause: str) -> CauseVerdict:
    """Record one person's cause of a whole cluster of the current clustering."""
    check(cause)
    clustering = run.current_clustering()
    if clustering is None or cluster not in {card["cluster"] for card in clustering.cards}:
        raise CauseRefused(_("The run has no such cluster."))
    verdict, _created = CauseVerdict.objects.update_or_create(
        run=run,
        clustering=clustering,
        cluster=cluster,
        by=user,
        defaults={"cause": cause, "named": commonest_named(run, cluster)},
    )
    return verdict


def commonest_named(run: Run, cluster: int) -> str:
    """The cause that most error samples of a cluster were named; empty where none were."""
    counts = causes_of_clusters(run).get(cluster, {})
    return max(counts, key=lambda name: counts[name]) if counts else ""


def causes_of_clusters(run: Run) -> dict[int, dict[str, int]]:
    """How many error samples of each cluster were named which cause."""
    import pyarrow as pa

    diagnosis, clustering = Diagnosis.latest_of(run), run.current_clustering()
    naming = diagnosis.naming() if diagnosis is not None else None
    if naming is None or clustering is None:
        return {}
    path = ("clusterings", f"{clustering.uuid.hex}.parquet")
    clusters = run.folder.read_table(*path, columns=["position", "cluster"])
    causes = read_causes(naming).select(["position", "cause"])
    causes = causes.set_column(1, "cause", causes["cause"].cast(pa.string()))
    both = causes.join(clusters, "position", join_type="inner")
    counted = both.group_by(["cluster", "cause"]).aggregate([([], "count_all")]).to_pylist()
    found: dict[int, dict[str, int]] = {}
    for row in sorted(counted, key=lambda each: -each["count_all"]):
        found.setdefault(row["cluster"], {})[row["cause"]] = row["count_all"]
    return found


def undo(run: Run, user: Any) -> int | None:
    """Take back the person's last word; the position it spoke of, None where there was none."""
    last = _own(run, user).first()
    if last is None:
        return None
    position = last.position
    last.delete()
    return position


def check(cause: str) -> None:
    """Raises CauseRefused for a name that is no cause."""
    if cause not in BY_NAME and cause != UNDETERMINED:
        raise CauseRefused(_("There is no cause “%(name)s”.") % {"name": cause})


def judged(run: Run, user: Any) -> int:
    """Samples whose cause a person gave."""
    return _own(run, user).count()


def _own(run: Run, user: Any) -> "QuerySet[CauseVerdict]":
    return CauseVerdict.objects.filter(run=run, by=user, position__isnull=False)
