"""Drawing an audit, closing it, opening it again.

A draw is files first, rows last: snapshots are read and image copies made before anything is
written to the database, and the audit, its items and its seats become visible in one transaction.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotations.audits import assigning, planning
from annotations.audits.planning import Wishes
from annotations.models import Audit, Item, Seat
from annotations.models.audits import AuditRefused
from annotations.science.estimation import drawing, protocols
from annotations.science.estimation.protocols import Protocol
from triage.models import Run, StoredFilter

# What a database's big integer holds and a person may type.
LARGEST_SEED = 2**62 - 1
MOST_ITEMS = 10_000
MOST_OVERLAP = 9

__all__ = ["AuditRefused", "close", "draw_audit", "protocol_wanted", "reopen"]


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
    question: str = Audit.Question.NOISE,
    design: str = Audit.Design.SIMPLE_RANDOM,
    policy: str = Audit.Policy.AGREEMENT,
    open_votes: bool = False,
    people: Sequence[Any] = (),
    gold: int = 0,
) -> Audit:
    """Draw error samples of `run` at random for people to judge.

    The frame is the run's error samples that match `criteria` (a stored filter or the dictionary of
    one; none: all errors). Fewer errors than the protocol draws are all taken. Without `seed` a
    random one is made; it is stored either way, and the same seed on the same frame draws the same
    items in the same order. `people`: who judges (empty: everybody in the project), each an even
    share. `gold`: how many items with a known verdict are mixed in, outside the draw.

    Raises AuditRefused for anything that cannot be: no errors, a bad seed, protocol or overlap, a
    design whose clusters or scores are not there, a policy without overlap.
    """
    seed = drawing.fresh_seed() if seed is None else seed
    wishes = Wishes(
        protocol=protocol_wanted(protocol, size, threshold, strict),
        criteria=criteria.criteria if isinstance(criteria, StoredFilter) else dict(criteria or {}),
        seed=seed,
        question=question,
        design=design,
        policy=policy,
        open_votes=open_votes,
        overlap=overlap,
        people=tuple(people),
        gold=gold,
    )
    _check(run, wishes)
    plan = planning.plan_draw(run, wishes)
    audit = Audit(
        project=run.project,
        run=run,
        scoring_version=run.scoring_version,
        name=(name or "").strip() or default_name(run, wishes.protocol, criteria),
        created_by=user,
        **planning.audit_columns(wishes, plan),
    )
    items = planning.items_of(run, wishes, plan)
    _write(audit, items, wishes)
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


def _check(run: Run, wishes: Wishes) -> None:
    """Raise AuditRefused for wishes that cannot be, whatever the errors are."""
    known = {
        _("question"): (wishes.question, Audit.Question.values),
        _("design"): (wishes.design, Audit.Design.values),
        _("policy"): (wishes.policy, Audit.Policy.values),
    }
    for what, (value, values) in known.items():
        if value not in values:
            words = _("“%(value)s” is no %(what)s (known: %(known)s)")
            given = {"value": value, "what": what, "known": ", ".join(values)}
            raise AuditRefused(words % given)
    if not 1 <= wishes.overlap <= MOST_OVERLAP:
        words = _("an item is judged by 1 to %(most)s people, not %(n)s")
        raise AuditRefused(words % {"most": MOST_OVERLAP, "n": wishes.overlap})
    if wishes.policy != Audit.Policy.AGREEMENT and wishes.overlap == 1:
        raise AuditRefused(_("one person per item leaves nothing to resolve: ask for two or more"))
    if wishes.people and len(set(wishes.people)) < wishes.overlap:
        words = _("%(n)s people per item need at least as many people assigned")
        raise AuditRefused(words % {"n": wishes.overlap})
    members = set(run.project.memberships.values_list("user_id", flat=True))
    if strangers := [str(each) for each in wishes.people if each.pk not in members]:
        words = _("%(names)s cannot judge here: not in the project")
        raise AuditRefused(words % {"names": ", ".join(strangers)})
    if not 0 <= wishes.seed <= LARGEST_SEED:
        words = _("the seed must lie between 0 and %(most)s, not %(seed)s")
        raise AuditRefused(words % {"most": LARGEST_SEED, "seed": wishes.seed})


def _write(audit: Audit, items: Sequence[Item], wishes: Wishes) -> None:
    """The audit with its items and seats, all of it or nothing."""
    with transaction.atomic():
        audit.save(force_insert=True)
        for item in items:
            item.audit = audit
        Item.objects.bulk_create(items, batch_size=200)
        seats = assigning.seats_of(items, wishes.overlap, wishes.people, wishes.seed)
        Seat.objects.bulk_create(seats, batch_size=500)
