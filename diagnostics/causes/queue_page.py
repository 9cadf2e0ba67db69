"""What the queue of causes shows: one sample with its evidence, or the clusters."""

from collections.abc import Set
from typing import Any

from django.db.models import Count
from django.http import Http404
from django.urls import reverse

from diagnostics.causes import queue
from diagnostics.causes.confirmed import agreement
from diagnostics.causes.page import evidence_lines
from diagnostics.models import CauseVerdict, Diagnosis
from diagnostics.science.causes.catalogue import BY_NAME, CAUSES
from triage.models import Project, Run
from triage.runs.sample import shown

# The key of each cause in the queue, in the order of the catalogue.
KEYS = "123456"


def address(run: Run, position: int | None) -> str:
    """The queue, at a sample or at the next one."""
    page = reverse("diagnostics:queue", args=[run.pk])
    return page if position is None else f"{page}?sample={position}"


def context(run: Run, user: Any, chosen: int | None, skipped: Set[int]) -> dict[str, Any]:
    """The sample `chosen`, or the next that `user` has not judged.

    Raises Http404 where the diagnosis has no error sample at `chosen`.
    """
    diagnosis = Diagnosis.latest_of(run)
    position = chosen if chosen is not None else queue.next_position(run, user, set(skipped))
    row = run.browser.sample(position) if position is not None else None
    page: dict[str, Any] = {
        "run": run,
        "diagnosis": diagnosis,
        "causes": list(zip(KEYS, CAUSES, strict=True)),
        "judged": queue.judged(run, user),
        "skipped": len(skipped),
        "agreement": agreement(run),
        "row": row,
    }
    if row is not None and position is not None:
        page |= shown(run, row) | {"found": evidence_lines(run, position)}
    if chosen is not None and page.get("found") is None:
        # Only errors of the diagnosis are for annotators' eyes.
        raise Http404
    return page


def clusters(run: Run, user: Any) -> dict[str, Any]:
    """Every cluster: its card, the causes that its samples were named, and what people said."""
    clustering = run.current_clustering()
    rows = _cluster_rows(run, user)
    return {
        "run": run,
        "clustering": clustering,
        "rows": rows,
        "causes": CAUSES,
        "left": sum(not row["own"] for row in rows),
    }


def one_cluster(run: Run, user: Any, chosen: int | None) -> dict[str, Any]:
    """The cluster `chosen`, or the next that `user` has not judged, with samples of it."""
    rows = _cluster_rows(run, user)
    row = next((each for each in rows if each["card"]["cluster"] == chosen), None)
    if chosen is None:
        row = next((each for each in rows if not each["own"]), None)
    page: dict[str, Any] = {
        "run": run,
        "row": row,
        "causes": list(zip(KEYS, CAUSES, strict=True)),
        "judged": sum(bool(each["own"]) for each in rows),
        "total": len(rows),
    }
    if row is not None:
        exemplars = row["card"].get("exemplars", [])
        page |= {
            "samples": run.browser.rows(exemplars),
            "commonest": row["commonest"],
            "named": BY_NAME.get(row["commonest"]),
        }
    return page


def _cluster_rows(run: Run, user: Any) -> list[dict[str, Any]]:
    """The largest cluster first, as its cards lie; none before the run was clustered."""
    clustering = run.current_clustering()
    if clustering is None:
        return []
    named = queue.causes_of_clusters(run)
    said: dict[int, list[CauseVerdict]] = {}
    for verdict in CauseVerdict.objects.filter(clustering=clustering).select_related("by"):
        assert verdict.cluster is not None
        said.setdefault(verdict.cluster, []).append(verdict)
    rows = []
    for card in clustering.cards:
        counts = named.get(card["cluster"], {})
        words = said.get(card["cluster"], [])
        rows.append(
            {
                "card": card,
                "named": [
                    (BY_NAME.get(name), count, round(100 * count / max(sum(counts.values()), 1)))
                    for name, count in list(counts.items())[:3]
                ],
                "commonest": next(iter(counts), ""),
                "said": [(each.by, BY_NAME.get(each.cause)) for each in words],
                "own": next((each.cause for each in words if each.by_id == user.pk), ""),
            }
        )
    return rows


def queues(project: Project, user: Any) -> dict[str, Any]:
    """The runs of a project whose causes wait for people, and what `user` judged of each."""
    diagnosed = Diagnosis.objects.filter(run__project=project, namings__isnull=False)
    runs = project.runs.filter(pk__in=diagnosed.values("run")).order_by("-created_at")
    judged = dict(
        CauseVerdict.objects.filter(run__project=project, by=user, position__isnull=False)
        .values_list("run")
        .annotate(Count("pk"))
        .order_by("run")
    )
    return {"project": project, "rows": [(run, judged.get(run.pk, 0)) for run in runs]}
