"""What the cluster page shows: the machine's groups on a map and as cards, and what people said."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _

from triage.clusters.confirming import Agreement, agreement
from triage.models import Clustering, ConfirmedCluster, Run
from triage.science.store.browsing import RunBrowser

# Points on the map; beyond this a seeded draw is shown and the page says so.
MOST_POINTS = 60_000
UNCLUSTERED = -1
# Okabe and Ito (2008), told apart by people who see colours differently; reused in turn.
PALETTE = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6d31", "#7b61c9",
    "#3b8f8c", "#b84c65",
)  # fmt: skip
GREY = "#8c98a5"


@dataclass(frozen=True)
class Said:
    """What a person said of a group, held against the current clustering."""

    row: ConfirmedCluster
    agreement: Agreement | None


def context(run: Run, clustering: Clustering | None) -> dict[str, Any]:
    """The page."""
    if clustering is None:
        return {"run": run, "project": run.project, "clustering": None}
    browser = run.browser
    cards = [
        {**card, "colour": colour_of(card["cluster"]), "number": place + 1}
        for place, card in enumerate(clustering.cards)
    ]
    shown = [position for card in cards for position in card["exemplars"]]
    pictures = {row["position"]: row for row in browser.rows(shown)}
    for card in cards:
        card["samples"] = [pictures[each] for each in card["exemplars"] if each in pictures]
    return {
        "run": run,
        "project": run.project,
        "clustering": clustering,
        "cards": cards,
        "said": said_of(run, clustering),
        "map_address": reverse("triage:clusters-map", args=[run.pk]),
        "clustered": sum(card["size"] for card in cards if card["cluster"] != UNCLUSTERED),
    }


def said_of(run: Run, clustering: Clustering) -> list[Said]:
    """All that people said of the run's groups and did not take back."""
    rows = run.confirmed_clusters.filter(withdrawn_at=None).select_related("created_by")
    if not rows:
        return []
    labels = labels_of(run, clustering)
    names = names_of(clustering)
    return [Said(row, agreement(row.positions, labels, names)) for row in rows]


def names_of(clustering: Clustering) -> dict[int, str]:
    """The clusters' names as their cards have them; the unclustered in the reader's language."""
    names = {card["cluster"]: card["name"] for card in clustering.cards}
    return names | ({UNCLUSTERED: _("Unclustered")} if UNCLUSTERED in names else {})


def labels_of(run: Run, clustering: Clustering) -> dict[int, int]:
    """Cluster by position."""
    table = run.folder.read_table(
        "clusterings", f"{clustering.uuid.hex}.parquet", columns=["position", "cluster"]
    )
    return dict(zip(table["position"].to_pylist(), table["cluster"].to_pylist(), strict=True))


def colour_of(cluster: int) -> str:
    """The cluster's colour on the map and its card."""
    return GREY if cluster == UNCLUSTERED else PALETTE[cluster % len(PALETTE)]


def map_points(run: Run, clustering: Clustering, seed: int = 0) -> dict[str, Any]:
    """The points of the map, columns of equal length; a draw of them where there are very many."""
    table = run.folder.read_table("clusterings", f"{clustering.uuid.hex}.parquet")
    total = table.num_rows
    if total > MOST_POINTS:
        drawn = np.random.default_rng(seed).choice(total, MOST_POINTS, replace=False)
        table = table.take(np.sort(drawn))
    positions = table["position"].to_pylist()
    texts = _texts(run.browser, positions)
    clusters = table["cluster"].to_pylist()
    names = names_of(clustering)
    return {
        "x": [round(value, 4) for value in table["x"].to_pylist()],
        "y": [round(value, 4) for value in table["y"].to_pylist()],
        "position": positions,
        "cluster": clusters,
        "colour": [colour_of(each) for each in clusters],
        "name": [names.get(each, "") for each in clusters],
        "question": [texts.get(each, ("", ""))[0] for each in positions],
        "answer": [texts.get(each, ("", ""))[1] for each in positions],
        "shown": len(positions),
        "total": total,
    }


def _texts(browser: RunBrowser, positions: list[int]) -> dict[int, tuple[str, str]]:
    """Question and “prediction ≠ reference” of each point, short."""
    rows = browser.rows(positions, ("position", "question", "prediction", "answers"))
    return {
        row["position"]: (
            row["question"][:90],
            f"{row['prediction'][:40]} ≠ {(row['answers'] or ['—'])[0][:40]}",
        )
        for row in rows
    }
