"""Between a page's query string and a selection of samples."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from triage.models import Run, StoredFilter
from triage.said import translated
from triage.science.reading.reading import STATES
from triage.science.record.rules import BORDERS
from triage.science.store.browsing import GROUPINGS, NOT_SAID, SampleFilter
from triage.sent import whole_number, whole_numbers

LONGEST_TEXT = 200
# Columns whose values are names of ours, each with its words.
VALUE_WORDS: Mapping[str, Mapping[str, str]] = {
    "answer_state": {str(state): words for state, words in STATES.items()},
    "near_border": BORDERS,
}


def filter_from(query: QueryDict, run: Run) -> SampleFilter:
    """The selection that a query string names; what makes no sense is left out."""
    values: dict[str, Any] = {
        name: tuple(value for value in query.getlist(name) if value) for name in GROUPINGS
    }
    if stored := _stored(query.get("filter", ""), run):
        return SampleFilter.from_dict(stored.criteria)
    clustering = _uuid_or_empty(query.get("clustering", ""))
    numbers = tuple(whole_numbers(query.getlist("cluster"), least=-1))
    if numbers and not clustering and (current := run.current_clustering()):
        clustering = current.uuid.hex
    known = clustering and run.clusterings.filter(uuid=clustering).exists()
    return SampleFilter(
        errors_only=query.get("show") != "all",
        text=query.get("text", "").strip()[:LONGEST_TEXT],
        clustering=clustering if known and numbers else "",
        cluster=numbers if known else (),
        positions=_said(query.get("said", ""), run),
        **values,
    )


def query_of(chosen: SampleFilter) -> str:
    """The query string that names the selection; positions are not spelt out."""
    pairs = [(name, value) for name in GROUPINGS for value in getattr(chosen, name)]
    if not chosen.errors_only:
        pairs.append(("show", "all"))
    if chosen.text:
        pairs.append(("text", chosen.text))
    if chosen.cluster:
        pairs.append(("clustering", chosen.clustering))
        pairs += [("cluster", str(number)) for number in chosen.cluster]
    return urlencode(pairs)


def value_words(column: str, value: str | None) -> str:
    """A value of a grouping column for the reader: names of ours in words, else as it is."""
    if value is None:
        return NOT_SAID
    known = VALUE_WORDS.get(column, {})
    return translated(known[value]) if value in known else value


def selection_words(chosen: SampleFilter) -> str:
    """The selection in words."""
    parts = [
        f"{_(name.replace('_', ' '))}: {', '.join(value_words(name, str(each)) for each in value)}"
        for name in GROUPINGS
        if (value := getattr(chosen, name))
    ]
    if chosen.cluster:
        shown = [_("unclustered") if each < 0 else str(each) for each in chosen.cluster]
        parts.append(f"{_('cluster')}: {', '.join(shown)}")
    if chosen.positions is not None:
        count = len(chosen.positions)
        words = ngettext("%(n)s chosen sample", "%(n)s chosen samples", count)
        parts.append(words % {"n": count})
    if chosen.text:
        parts.append(_("text: “%(text)s”") % {"text": chosen.text})
    if not parts:
        return _("all error samples") if chosen.errors_only else _("all samples")
    words = _("error samples with %(what)s") if chosen.errors_only else _("samples with %(what)s")
    return words % {"what": "; ".join(parts)}


def _stored(text: str, run: Run) -> StoredFilter | None:
    number = whole_number(text)
    return None if number is None else run.stored_filters.filter(pk=number).first()


def _said(text: str, run: Run) -> tuple[int, ...] | None:
    """The samples of a confirmed cluster."""
    number = whole_number(text)
    found = None if number is None else run.confirmed_clusters.filter(pk=number).first()
    return None if found is None else tuple(found.positions)


def _uuid_or_empty(text: str) -> str:
    try:
        return uuid.UUID(text).hex
    except ValueError:
        return ""
