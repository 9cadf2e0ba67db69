"""Drawing an audit, closing it, opening it again.

A draw is files first, rows last: snapshots are read and image copies made before anything is
written to the database, and the audit, its items and its seats become visible in one transaction.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotations import drawing, evidence, frames
from annotations.estimation import protocols
from annotations.estimation.protocols import Protocol
from annotations.models import Audit, Item, Seat
from annotations.snapshots import snapshot_of
from triage.models import Clustering, Run, StoredFilter

# What a database's big integer holds and a person may type.
LARGEST_SEED = 2**62 - 1
MOST_ITEMS = 10_000
MOST_OVERLAP = 9


class AuditRefused(ValueError):
    """The audit cannot be drawn as asked; the message is for the person who asked."""


def protocol_wanted(
    name: str,
    size: int | None = None,
    threshold: Fraction | str | float | None = None,
    strict: bool | None = None,
) -> Protocol:
    """The protocol by its name; `custom` takes the rest (threshold 1/5 and ≥ unless given).

    Raises AuditRefused for an unknown name, for numbers that cannot be, and for numbers given
    beside a preset: a preset that was changed is not that preset.
    """
    try:
        if name != "custom":
            preset = protocols.named(name)
            given = {"size": size, "threshold": threshold, "strict": strict}
            if changed := [key for key, value in given.items() if value is not None]:
                words = _("%(name)s fixes %(fixed)s: use custom to choose")
                raise ValueError(words % {"name": name, "fixed": ", ".join(changed)})
            return preset
        if size is None:
            raise ValueError(_("a custom protocol needs a size"))
        if size > MOST_ITEMS:
            words = _("at most %(most)s items are drawn at once, not %(size)s")
            raise ValueError(words % {"most": MOST_ITEMS, "size": size})
        share = Fraction(1, 5) if threshold is None else threshold
        return protocols.custom(size, share, bool(strict))
    except ValueError as problem:
        raise AuditRefused(str(problem)) from problem


def protocol_of(audit: Audit) -> Protocol:
    """The protocol that an audit was drawn by, from its row."""
    preset = protocols.PROTOCOLS.get(audit.protocol)
    return Protocol(
        name=audit.protocol,
        size=audit.size,
        threshold=audit.threshold,
        strict=audit.strict,
        collected=preset.collected if preset else None,
        description=preset.description if preset else "",
    )


def draw_audit(
    run: Run,
    *,
    protocol: str,
    seed: int | None = None,
    criteria: Mapping[str, Any] | StoredFilter | None = None,
    size: int | None = None,
    threshold: Fraction | str | float | None = None,
    strict: bool | None = None,
    name: str | None = None,
    overlap: int = 1,
    user: Any | None = None,
) -> Audit:
    """Draw error samples of `run` at random for people to judge.

    The frame is the run's error samples that match `criteria` (a stored filter or the dictionary of
    one; none: all errors). Fewer errors than the protocol draws are all taken. Without `seed` a
    random one is made; it is stored either way, and the same seed on the same frame draws the same
    items in the same order.

    Raises AuditRefused for anything that cannot be: no errors, a bad seed, protocol or overlap.
    """
    wanted = protocol_wanted(protocol, size, threshold, strict)
    if not 1 <= overlap <= MOST_OVERLAP:
        words = _("an item is judged by 1 to %(most)s people, not %(n)s")
        raise AuditRefused(words % {"most": MOST_OVERLAP, "n": overlap})
    seed = drawing.fresh_seed() if seed is None else seed
    if not 0 <= seed <= LARGEST_SEED:
        words = _("the seed must lie between 0 and %(most)s, not %(seed)s")
        raise AuditRefused(words % {"most": LARGEST_SEED, "seed": seed})
    chosen = criteria.criteria if isinstance(criteria, StoredFilter) else dict(criteria or {})

    try:
        frame = frames.frame_of(run, chosen)
        draw = drawing.draw_by_protocol(frame.sample_ids, wanted, seed)
    except drawing.NothingToDraw:
        raise AuditRefused(_nothing_words(run, chosen)) from None
    except ValueError as problem:
        raise AuditRefused(str(problem)) from problem
    position_of = frame.position_of
    positions = [position_of[sample_id] for sample_id in draw.order]
    clustering = run.current_clustering()
    cluster_at = frames.cluster_of_positions(run, clustering)

    audit = Audit(
        project=run.project,
        run=run,
        name=(name or "").strip() or default_name(run, wanted, criteria),
        protocol=wanted.name,
        size=wanted.size,
        threshold_numerator=wanted.threshold.numerator,
        threshold_denominator=wanted.threshold.denominator,
        strict=wanted.strict,
        design=draw.design,
        seed=seed,
        overlap=overlap,
        criteria=chosen,
        population=draw.population,
        frame_sha256=draw.frame_sha256,
        created_by=user,
    )
    if clustering is not None:
        members = Counter(cluster_at[position_of[sample_id]] for sample_id in draw.frame)
        audit.population_by_cluster = {str(key): count for key, count in sorted(members.items())}
        audit.cluster_names = _cluster_names(clustering)
    items = _items(run, positions, cluster_at if clustering is not None else {})
    _write(audit, items)
    return audit


def close(audit: Audit) -> None:
    """Take no more verdicts."""
    Audit.objects.filter(pk=audit.pk).update(state=Audit.State.CLOSED)
    audit.state = Audit.State.CLOSED


def reopen(audit: Audit) -> None:
    """Take verdicts again."""
    Audit.objects.filter(pk=audit.pk).update(state=Audit.State.OPEN)
    audit.state = Audit.State.OPEN


def default_name(
    run: Run, protocol: Protocol, criteria: Mapping[str, Any] | StoredFilter | None
) -> str:
    """The protocol, the population if it is a stored filter, and a number that is free."""
    base = protocol.name
    if isinstance(criteria, StoredFilter):
        base = f"{base} · {criteria.name}"
    taken = set(run.audits.filter(name__startswith=base[:180]).values_list("name", flat=True))
    number, name = 1, base[:180]
    while name in taken:
        number += 1
        name = f"{base[:180]} #{number}"
    return name


def _nothing_words(run: Run, criteria: Mapping[str, Any]) -> str:
    if not run.errors:
        words = _("run “%(run)s” has no error samples: there is nothing to audit")
    elif criteria:
        words = _("no error sample of run “%(run)s” matches the filter")
    else:
        words = _("run “%(run)s” has no error samples left to draw")
    return words % {"run": run}


def _cluster_names(clustering: Clustering) -> dict[str, str]:
    """Names by cluster number, as the cards of the clustering have them."""
    return {
        str(card["cluster"]): str(card.get("name") or "")
        for card in clustering.cards
        if "cluster" in card
    }


def _items(run: Run, positions: Sequence[int], cluster_at: Mapping[int, int]) -> list[Item]:
    """Unsaved items in the order of the draw, their image copies already on the data root."""
    rows = frames.rows_at(run, positions)
    images = evidence.keep_images(run, [rows[position].get("image") for position in positions])
    items = []
    for place, (position, image) in enumerate(zip(positions, images, strict=True)):
        row = rows[position]
        items.append(
            Item(
                place=place,
                sample_id=row["sample_id"],
                position=position,
                cluster=cluster_at.get(position),
                snapshot=snapshot_of(row, image.note),
                image_sha256=image.sha256,
            )
        )
    return items


def _write(audit: Audit, items: Sequence[Item]) -> None:
    with transaction.atomic():
        audit.save(force_insert=True)
        for item in items:
            item.audit = audit
        Item.objects.bulk_create(items, batch_size=200)
        seats = [Seat(item=item, number=n) for item in items for n in range(audit.overlap)]
        Seat.objects.bulk_create(seats, batch_size=500)
