"""The table of an audit's items on its page, one page of it at a time."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from annotations.models import Audit, Item, Verdict, VerdictKind
from annotations.standing.standing import WAITING, with_standing_verdicts

ITEMS_A_PAGE = 50


def items_of(audit: Audit, chosen: str) -> QuerySet[Item]:
    """The items, those with a standing verdict of the chosen kind, or those without any."""
    standing = Verdict.objects.standing()
    items = audit.items.order_by("place")
    if chosen == WAITING:
        return items.exclude(pk__in=standing.filter(item__audit=audit).values("item"))
    if chosen in VerdictKind.values:
        return items.filter(pk__in=standing.filter(item__audit=audit, kind=chosen).values("item"))
    return items


def items_context(audit: Audit, chosen: str, number: str) -> dict[str, Any]:
    """The table of items: one page of it."""
    standing = Verdict.objects.standing().filter(item__audit=audit)
    judged = dict(standing.values_list("kind").annotate(n=Count("item", distinct=True)).order_by())
    total = audit.items.count()
    waiting = total - standing.values("item").distinct().count()
    choices = [{"kind": "", "name": _("all"), "count": total}]
    choices += [
        {"kind": kind.value, "name": kind.label, "count": judged[kind.value]}
        for kind in audit.choices
        if judged.get(kind.value)
    ]
    choices.append({"kind": WAITING, "name": _("no verdict"), "count": waiting})
    items = with_standing_verdicts(items_of(audit, chosen))
    page = Paginator(items, ITEMS_A_PAGE).get_page(number)
    for item in page:
        _dress(item)
    return {
        "audit": audit,
        "run": audit.run,
        "items": page,
        "item_choices": choices,
        "chosen_kind": chosen,
    }


def _dress(item: Any) -> None:
    """What a row of the table says of an item, from its snapshot."""
    snapshot = item.snapshot
    item.question = snapshot.get("question") or ""
    item.prediction = snapshot.get("prediction") or ""
    item.answers = ", ".join(dict.fromkeys(snapshot.get("answers") or []))
    image = snapshot.get("image") or {}
    item.has_image = bool(item.image_sha256)
    item.image_words = {
        "missing": _("missing"),
        "refused": _("refused"),
    }.get(str(image.get("status")), _("no image"))
    item.place_words = item.place + 1
