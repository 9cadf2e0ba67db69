"""What the pages of a run show: overview, error list, sample, refused rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils.translation import gettext as _

from triage.models import Run
from triage.models.kinds import ANALYSE
from triage.runs.filters import (
    VALUE_WORDS,
    filter_from,
    query_of,
    selection_words,
    value_words,
)
from triage.science.analysis.features import FEATURES
from triage.science.profiles.registry import BY_NAME as PROFILES
from triage.science.reading.choices import LETTERS
from triage.science.reading.reading import STEPS
from triage.science.record.rules import BORDERS
from triage.science.store.browsing import (
    GROUPINGS,
    NOT_SAID,
    SORTABLE,
    Group,
    RunBrowser,
    SampleFilter,
)
from triage.science.store.error_rates import clopper_pearson
from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import is_cut, read_run_image

PAGE_ROWS = 50
# Rows of a breakdown on one page; a template column may have thousands.
MOST_GROUPS = 200
# Shown beside a sample in a list, as far as the file says them; templates are too long for it.
LISTED = ("question_type", "category", "difficulty", "split", "domain")
SORTS = ("rate", "samples", "errors", "value")


def overview(run: Run, query: QueryDict) -> dict[str, Any]:
    """The run page: counts by split, one breakdown, what has been analysed."""
    browser = run.browser
    low, high = clopper_pearson(np.array([run.errors]), np.array([run.samples]))
    clustering = run.current_clustering()
    return {
        "run": run,
        "project": run.project,
        "interval": (float(low[0]), float(high[0])),
        "splits": browser.counts_by_split(),
        "profile": PROFILES.get(run.profile),
        "clustering": clustering,
        "job": run.jobs.filter(kind=ANALYSE.name).first(),
        **breakdown(run, query, browser),
    }


def breakdown(run: Run, query: QueryDict, browser: RunBrowser) -> dict[str, Any]:
    """Error rate by one column, within the splits chosen."""
    present = set(browser.columns_present())
    columns = [name for name in GROUPINGS if name in present]
    by = query.get("by", "")
    if by not in columns:
        by = next((name for name in ("question_type", "category", "split") if name in columns), "")
    sort = query.get("sort", "rate")
    sort = sort if sort in SORTS else "rate"
    ascending = query.get("dir") == "up"
    splits = tuple(value for value in query.getlist("split") if value)
    chosen = SampleFilter(errors_only=False, split=splits)
    groups = browser.groups(by, chosen) if by else []
    groups = _sorted(groups, sort, ascending)
    return {
        "columns": [(name, _(name.replace("_", " "))) for name in columns],
        "by": by,
        "sort": sort,
        "ascending": ascending,
        "chosen_split": splits[0] if len(splits) == 1 else "",
        "groups": groups[:MOST_GROUPS],
        "value_words": VALUE_WORDS.get(by, {}),
        "groups_left": max(0, len(groups) - MOST_GROUPS),
        "top": max([group.high for group in groups[:MOST_GROUPS]], default=1.0),
    }


def _sorted(groups: list[Group], sort: str, ascending: bool) -> list[Group]:
    if sort == "value":
        ordered = sorted(groups, key=lambda group: (group.value or "").lower())
        return ordered if ascending else ordered[::-1]
    # Stable on top of 'highest rate first', so that equal counts stay in a sensible order.
    return sorted(groups, key=lambda group: getattr(group, sort), reverse=not ascending)


def error_list(run: Run, query: QueryDict) -> dict[str, Any]:
    """The list of samples that match the query string, with the values it could be narrowed to."""
    browser = run.browser
    chosen = filter_from(query, run)
    sort = query.get("sort", "position")
    descending = query.get("dir") == "down"
    if sort not in SORTABLE:
        sort, descending = "position", False
    listed: Any = SampleList(browser, chosen, sort, descending)
    page: Page[Any] = Paginator(listed, PAGE_ROWS).get_page(query.get("page"))
    rows = [{**row, "state": state_words(row)} for row in page.object_list]
    return {
        "run": run,
        "project": run.project,
        "chosen": chosen,
        "chosen_words": selection_words(chosen),
        "criteria": chosen.to_dict(),
        "count": page.paginator.count,
        "rows": rows,
        "page": page.number,
        "pages": page.paginator.num_pages,
        "first": (page.number - 1) * PAGE_ROWS + 1,
        "sort": sort,
        "descending": descending,
        "facets": _facets(browser, chosen),
        "stored": run.stored_filters.all(),
        "narrowed": bool(chosen.to_dict()),
        "columns_shown": [name for name in LISTED if any(row[name] for row in rows)][:3],
    }


@dataclass(frozen=True)
class SampleList:
    """The samples of a selection as a paginator asks for them: how many, and one page."""

    browser: RunBrowser
    chosen: SampleFilter
    sort: str = "position"
    descending: bool = False

    def __len__(self) -> int:
        return self.browser.count(self.chosen)

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        return self.browser.page(
            self.chosen,
            sort=self.sort,
            descending=self.descending,
            offset=part.start,
            limit=part.stop - part.start,
        )


@dataclass(frozen=True)
class FacetValue:
    """A value that the list can be narrowed to."""

    value: str
    words: str
    count: int
    on: bool


def _facets(browser: RunBrowser, chosen: SampleFilter) -> list[tuple[str, str, list[FacetValue]]]:
    found = []
    for name, values in browser.facets(chosen).items():
        picked = set(getattr(chosen, name))
        shown = [
            FacetValue(
                each.value if each.value is not None else NOT_SAID,
                value_words(name, each.value),
                each.count,
                (each.value if each.value is not None else NOT_SAID) in picked,
            )
            for each in values
        ]
        found.append((name, _(name.replace("_", " ")), shown))
    return found


def state_words(row: Mapping[str, Any]) -> str:
    """The state of an answer that is more than 'answered'; empty for others and where not said."""
    state = row.get("answer_state") or "answered"
    return "" if state == "answered" else VALUE_WORDS["answer_state"].get(state, state)


@dataclass(frozen=True)
class Option:
    """One choice of a multiple-choice question, as its row has it."""

    letter: str
    text: str
    chosen: bool
    right: bool


@dataclass(frozen=True)
class AnswerRead:
    """What was read of a prediction, in English words that templates translate.

    `read`: the answer where it differs from what was written; `steps`: how it was reached; `state`:
    where it is more than 'answered'; `border`: how a wrong answer lies near the scorer's border.
    """

    options: tuple[Option, ...]
    read: str
    steps: tuple[str, ...]
    state: str
    border: str


def answer_read(row: Mapping[str, Any]) -> AnswerRead:
    """What was read of a sample's prediction; any key of the row may be missing or null."""
    written = str(row.get("prediction") or "").strip()
    read = str(row.get("answered") or "")
    state, border = state_words(row), row.get("near_border") or ""
    differs = bool(read) and read.strip() != written
    steps = tuple(STEPS.get(each, each) for each in row.get("steps") or ())
    return AnswerRead(
        options=tuple(
            Option(
                LETTERS[index] if index < len(LETTERS) else str(index + 1),
                text,
                index == row.get("chosen_option"),
                index == row.get("right_option"),
            )
            for index, text in enumerate(row.get("options") or ())
        ),
        read=read if differs else "",
        steps=steps if differs or state else (),
        state=state,
        border=BORDERS.get(border, border),
    )


@dataclass(frozen=True)
class Picture:
    """One picture of a sample: its name, and whether only a part of it is there."""

    name: str
    cut: bool


def pictures_of(run: Run, row: Mapping[str, Any]) -> list[Picture]:
    """The sample's pictures in the row's order, the first among them."""
    names = (row.get("images") or [row["image"]]) if row.get("image") else []
    return [Picture(name, _is_cut(run, name)) for name in names]


def _is_cut(run: Run, name: str) -> bool:
    try:
        return is_cut(read_run_image(run.folder, run.image_root, name))
    except (OSError, NotAPicture, ValueError):
        return False


def one_sample(run: Run, position: int, query: QueryDict) -> dict[str, Any] | None:
    """Everything about one sample, and its neighbours in the selection it was opened from."""
    browser = run.browser
    row = browser.sample(position)
    if row is None:
        return None
    chosen = filter_from(query, run)
    before, after = browser.neighbours(chosen, position)
    return {
        "run": run,
        "project": run.project,
        "row": row,
        "chosen": chosen,
        "query": query.urlencode(),
        "back": query_of(chosen),
        "before": before,
        "after": after,
        "features": features_at(run, position),
        "group": cluster_at(run, position),
        "answer": answer_read(row),
        "pictures": pictures_of(run, row),
        "groupings": [
            (_(name.replace("_", " ")), value_words(name, row[name]))
            for name in GROUPINGS
            if row.get(name)
        ],
    }


def features_at(run: Run, position: int) -> list[dict[str, Any]]:
    """The sample's measured features, and for those that are absent, what would provide them."""
    folder = run.folder
    if not folder.has("features.parquet"):
        return []
    table = folder.read_table("features.parquet")
    here = table.filter(pc.equal(table["position"], position)).to_pylist()
    if not here:
        return []
    return [
        {
            "name": feature.name,
            "description": _(feature.description),
            "value": here[0].get(feature.name),
            "percentile": percentile(table, feature.name, here[0].get(feature.name)),
            "needs": ", ".join(_(each) for each in feature.needs),
        }
        for feature in FEATURES
    ]


def percentile(table: pa.Table, name: str, value: float | None) -> float | None:
    """Share of the run's error samples, in per cent, whose feature is at most `value`."""
    if value is None:
        return None
    known = table[name].drop_null()
    return 100 * float(pc.sum(pc.less_equal(known, value)).as_py() or 0) / len(known)


def cluster_at(run: Run, position: int) -> dict[str, Any] | None:
    """The card of the cluster that the current clustering put the sample in."""
    clustering = run.current_clustering()
    if clustering is None:
        return None
    table = run.folder.read_table(
        "clusterings", f"{clustering.uuid.hex}.parquet", columns=["position", "cluster"]
    )
    found = table.filter(pc.equal(table["position"], position))["cluster"].to_pylist()
    if not found:
        return None
    return next((card for card in clustering.cards if card["cluster"] == found[0]), None)


def refused_rows(run: Run, wanted: str) -> dict[str, Any]:
    """One page of the rows that were not taken, and how often each reason occurs."""
    folder = run.folder
    table = folder.read_table("refused.parquet") if folder.has("refused.parquet") else None
    total = table.num_rows if table is not None else 0
    page = Paginator(range(total), PAGE_ROWS).get_page(wanted)
    first = (page.number - 1) * PAGE_ROWS
    rows = table.slice(first, PAGE_ROWS).to_pylist() if table is not None else []
    reasons = []
    if table is not None and total:
        counted = pc.value_counts(table["field"].combine_chunks()).to_pylist()
        reasons = sorted(
            ((each["values"], each["counts"]) for each in counted), key=lambda pair: -pair[1]
        )
    return {
        "run": run,
        "project": run.project,
        "rows": rows,
        "page": page.number,
        "pages": page.paginator.num_pages,
        "total": total,
        "fields": reasons,
    }
