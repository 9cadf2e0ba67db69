"""Verdicts made elsewhere, brought in from a file: CSV or JSON Lines of sample_id and verdict.

A row is taken whole or refused whole. Running the same file again changes nothing: a row whose
verdict stands already is left alone.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from annotations.models import Audit, Item, Verdict
from annotations.review import queue
from triage.models import Membership, Role
from triage.said import reason
from triage.science.readers import Reader, UnreadableFile, open_reader
from triage.science.record import values
from triage.science.record.records import RawBatch, Refusal

VERDICT_COLUMNS = ("verdict", "kind")
# Rows of one transaction: one write to disk for many, and the page's writers wait only briefly.
ROWS_AT_ONCE = 100


class FileRefused(ValueError):
    """The file as a whole, or the name given as annotator, cannot be used."""


@dataclass(frozen=True)
class Recorded:
    """What became of a file: rows whose verdict now stands (of which `unchanged` did before)."""

    recorded: int
    unchanged: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class _Row:
    number: int
    sample_id: str
    kind: str
    corrected_answer: str
    comment: str


def record_file(audit: Audit, path: Path, annotator: Any, *, file_name: str = "") -> Recorded:
    """Record every row of the file as a verdict of `annotator` (a user).

    Raises FileRefused for a file that cannot be read or has no sample_id or verdict column, and
    for a closed audit.
    """
    check_file(audit, path, file_name=file_name)
    items = {item.sample_id: item for item in audit.items.defer("snapshot")}
    refused: list[Refusal] = []
    # All rows first: a file that turns out to be cut off records nothing.
    rows = list(_rows(path, file_name or path.name, refused))
    seen: dict[str, int] = {}
    taken = unchanged = 0
    for start in range(0, len(rows), ROWS_AT_ONCE):
        with transaction.atomic():
            for row in rows[start : start + ROWS_AT_ONCE]:
                outcome = _record_row(audit, items, annotator, row, seen)
                if isinstance(outcome, Refusal):
                    refused.append(outcome)
                else:
                    taken += 1
                    unchanged += not outcome
    return Recorded(taken, unchanged, tuple(sorted(refused, key=lambda each: each.row)))


def check_file(audit: Audit, path: Path, *, file_name: str = "") -> None:
    """Raise FileRefused for what `record_file` would refuse as a whole."""
    if audit.state != Audit.State.OPEN:
        raise FileRefused(_("The audit is closed: it takes no more verdicts."))
    try:
        _verdict_column(open_reader(path, file_name or path.name), file_name or path.name)
    except UnreadableFile as problem:
        raise FileRefused(reason(problem)) from problem


def annotator_named(audit: Audit, name: str) -> Any:
    """The user to record as: a member of the project, or a new name that nobody can sign in with.

    Raises FileRefused for a name that cannot be a user's, and for a person with a password who is
    no member: a file must not open a project to somebody.
    """
    people = get_user_model()
    with transaction.atomic():
        user = people.objects.filter(username=name).first()
        if user is None:
            user = people(username=name)
            user.set_unusable_password()
            try:
                user.full_clean(exclude=["password"])
            except ValidationError as problem:
                raise FileRefused("; ".join(problem.messages)) from problem
            user.save()
        if Membership.objects.filter(project=audit.project, user=user).exists():
            return user
        if user.has_usable_password():
            raise FileRefused(
                _("%(name)s is not a member of %(project)s: admit them first.")
                % {"name": name, "project": audit.project}
            )
        audit.project.admit(user, Role.ANNOTATOR)
        return user


def _rows(path: Path, name: str, refused: list[Refusal]) -> Iterator[_Row]:
    """The rows of the file as text; what the reader refuses is added to `refused`."""
    try:
        reader = open_reader(path, name)
        column = _verdict_column(reader, name)
        for batch in reader.batches():
            refused.extend(batch.refusals)
            wanted = ("sample_id", column, "corrected_answer", "comment")
            cells = [_listed(batch, name) for name in wanted]
            for number, *found in zip(batch.rows, *cells, strict=True):
                try:
                    sample_id, kind, corrected, comment = map(_text, found)
                except ValueError as problem:
                    refused.append(Refusal(int(number), "", str(problem)))
                    continue
                kind = kind.strip().lower().replace(" ", "_")
                yield _Row(int(number), sample_id, kind, corrected.strip(), comment.strip())
    except UnreadableFile as problem:
        raise FileRefused(reason(problem)) from problem


def _verdict_column(reader: Reader, name: str) -> str:
    """The column that holds the verdict. Raises FileRefused when it or sample_id is absent."""
    known = reader.columns()
    column = next((each for each in VERDICT_COLUMNS if each in known), None)
    if column is None or "sample_id" not in known:
        words = _("%(name)s needs the columns sample_id and verdict; it has: %(known)s")
        raise FileRefused(words % {"name": name, "known": ", ".join(known) or "-"})
    return column


def _listed(batch: RawBatch, name: str) -> list[Any]:
    column = batch.columns.get(name)
    if column is None:
        return [None] * len(batch.rows)
    return list(column) if isinstance(column, list) else column.to_pylist()


def _text(value: Any) -> str:
    """As the import writes it, so that the sample_ids of both are the same."""
    return "" if value is None else values.text(value)


def _record_row(
    audit: Audit, items: Mapping[str, Item], annotator: Any, row: _Row, seen: dict[str, int]
) -> Refusal | bool:
    """Record one row: whether something changed, or why not."""
    if not row.sample_id:
        return Refusal(row.number, "sample_id", _("is missing"))
    item = items.get(row.sample_id)
    if item is None:
        return Refusal(row.number, "sample_id", _("“%s” is not in this audit") % row.sample_id)
    if row.sample_id in seen:
        first = seen[row.sample_id]
        return Refusal(row.number, "sample_id", _("the sample has a verdict in row %s") % first)
    chain = Verdict.objects.newest().filter(item=item, annotator=annotator)
    last = chain.first()
    content = (row.kind, row.corrected_answer, row.comment)
    if last and (last.kind, last.corrected_answer, last.comment) == content:
        seen[row.sample_id] = row.number
        return False
    # Named by what it says and what it follows, so that the same file is the same submission.
    after = last.pk if last else ""
    name = "\n".join((str(annotator.pk), row.sample_id, *content, str(after)))
    try:
        queue.record(
            item,
            annotator,
            row.kind,
            submission=uuid.uuid5(audit.uuid, name),
            comment=row.comment,
            corrected_answer=row.corrected_answer,
        )
    except queue.VerdictRefused as reason:
        return Refusal(row.number, reason.field, str(reason))
    seen[row.sample_id] = row.number
    return True
