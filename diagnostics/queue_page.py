"""What the queue of causes shows: one sample with its evidence, or the clusters."""

from collections.abc import Set
from typing import Any

from django.urls import reverse

from diagnostics import cause_queue
from diagnostics.causes_page import evidence_lines
from diagnostics.confirmed import agreement
from diagnostics.models import CauseVerdict, Diagnosis
from triage.models import Run
from triage.run_page import browser_of
from triage.sample_page import shown

# The key of each cause in the queue, in the order of the catalogue.
KEYS = "123456"


def address(run: Run, position: int | None) -> str:
    """The queue, at a sample or at the next one."""
    page = reverse("diagnostics:queue", args=[run.pk])
    return page if position is None else f"{page}?sample={position}"


def context(run: Run, user: Any, chosen: int | None, skipped: Set[int]) -> dict[str, Any]:
    """The sample `chosen`, or the next that `user` has not judged."""
    from diagnostics.causes.catalogue import CAUSES

    diagnosis = Diagnosis.latest_of(run)
    position = chosen if chosen is not None else cause_queue.next_position(run, user, set(skipped))
    row = browser_of(run).sample(position) if position is not None else None
    page: dict[str, Any] = {
        "run": run,
        "diagnosis": diagnosis,
        "causes": list(zip(KEYS, CAUSES, strict=True)),
        "judged": cause_queue.judged(run, user),
        "skipped": len(skipped),
        "agreement": agreement(run),
        "row": row,
    }
    if row is not None and position is not None:
        page |= shown(run, row) | {"found": evidence_lines(run, position)}
    return page


def clusters(run: Run, user: Any) -> dict[str, Any]:
    """Every cluster: its card, the causes that its samples were named, and what people said."""
    from diagnostics.causes.catalogue import BY_NAME, CAUSES

    clustering = run.current_clustering()
    named = cause_queue.causes_of_clusters(run)
    said: dict[int, list[CauseVerdict]] = {}
    if clustering is not None:
        verdicts = CauseVerdict.objects.filter(clustering=clustering).select_related("by")
        for verdict in verdicts:
            assert verdict.cluster is not None
            said.setdefault(verdict.cluster, []).append(verdict)
    rows = [
        {
            "card": card,
            "named": [
                (BY_NAME.get(name), count, round(100 * count / max(card["size"], 1)))
                for name, count in list(named.get(card["cluster"], {}).items())[:3]
            ],
            "said": [(each.by, BY_NAME.get(each.cause)) for each in said.get(card["cluster"], [])],
            "own": next((v.cause for v in said.get(card["cluster"], []) if v.by_id == user.pk), ""),
        }
        for card in (clustering.cards if clustering is not None else [])
    ]
    return {"run": run, "clustering": clustering, "rows": rows, "causes": CAUSES}
