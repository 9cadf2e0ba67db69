"""What the review page shows and how it reads what it is sent."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.evidence.snapshots import spans_of
from annotations.models import Audit, Flag, Item, Verdict, VerdictKind
from annotations.review import flagging, queue, turns
from annotations.review.keys import Shortcut, shortcuts, shortcuts_of
from triage.requests import PageRequest
from triage.runs.page import answer_read
from triage.sent import (
    NotReadable,
    PutOff,
    read_seconds,
    read_uuid,
    whole_number,
    whole_numbers,
)

# The card that is judged and the three that are loaded behind it.
CARDS = 4


@dataclass(frozen=True)
class Choice:
    """One verdict button: its keys and, in a line, when to press it."""

    kind: str
    label: Any
    keys: str
    letter: str
    meaning: Any


MEANINGS: dict[str, tuple[str, Any]] = {
    VerdictKind.MATCH: (
        "m",
        gettext_lazy("image, question and reference answer fit: the model is wrong"),
    ),
    VerdictKind.MISMATCH: ("x", gettext_lazy("image and text do not belong together")),
    VerdictKind.WRONG_ANSWER: ("w", gettext_lazy("they belong together, the reference is wrong")),
    VerdictKind.AMBIGUOUS: ("a", gettext_lazy("several answers are defensible")),
    VerdictKind.UNSURE: ("u", gettext_lazy("I cannot tell")),
    VerdictKind.UNUSABLE: ("n", gettext_lazy("nothing to judge: image missing or broken")),
    VerdictKind.AMONG: ("a", gettext_lazy("one of them answers the question rightly")),
    VerdictKind.NOT_AMONG: ("x", gettext_lazy("none of them answers the question rightly")),
}
# How many candidates a top-5 check shows; a digit chooses each.
MOST_PICKS = 5


def choices(audit: Audit, keys: Mapping[str, Shortcut] | None = None) -> list[Choice]:
    """The verdict buttons in order: a person's letters, in a noise check beside the digits 1 to 6.

    In a top-5 check the digits choose candidates.
    """
    keys = keys or shortcuts()
    digits = audit.question != Audit.Question.TOP_FIVE
    return [
        Choice(
            kind.value,
            kind.label,
            f"{number} {keys[kind].presses}" if digits else keys[kind].presses,
            keys[kind].sign,
            MEANINGS[kind][1],
        )
        for number, kind in enumerate(audit.choices, start=1)
    ]


def page(audit: Audit, request: PageRequest) -> dict[str, Any]:
    """The whole page: the cards, progress, or why there is nothing to judge."""
    items = next_items(audit, request, holding=())
    back = _taken_back(audit, request.user, request.GET.get("place", ""))
    if back is not None and audit.state == Audit.State.OPEN:
        items = [back, *(item for item in items if item != back)][:CARDS]
    progress = queue.tally(audit, request.user)
    keys = shortcuts_of(request.user)
    words = flagging.words_with(audit, request.user, items)
    return {
        "audit": audit,
        "project": audit.project,
        "cards": [
            card(item, words, _said(item, request.user) if item == back else "") for item in items
        ],
        "choices": choices(audit, keys),
        "keys": keys,
        "progress": progress,
        "submission": uuid.uuid4(),
        "answers": _answers(audit, request, words),
        "end": None if items else end(audit, progress),
    }


def _taken_back(audit: Audit, user: Any, place: str) -> Item | None:
    """The item at `place` if this person holds it: where an undo has sent a page without script."""
    held = Item.objects.filter(
        audit=audit, seats__annotator=user, seats__leased_until__isnull=False
    )
    number = whole_number(place)
    return None if number is None else held.filter(place=number).first()


def _said(item: Item, user: Any) -> str:
    """What the person said of the item before they took it back."""
    undo = Verdict.objects.newest().filter(item=item, annotator=user, kind=VerdictKind.WITHDRAWN)
    before = Verdict.objects.filter(superseded_by__in=undo).first()
    return str(before.get_kind_display()) if before else ""


def card(item: Item, words: flagging.Words, said: str = "") -> dict[str, Any]:
    """One item as its template wants it; `said` is the verdict that was just taken back."""
    shown = item.snapshot
    candidates = [
        {**each, "percent": f"{100 * (each['probability'] or 0):.1f}"}
        for each in shown.get("candidates") or []
    ]
    tokens = shown.get("token_attention") or []
    return {
        "item": item,
        "place": item.place,
        "shown": shown,
        "answer": answer_read(shown),
        "more": _more_pictures(shown),
        "pictures": max(1, len(shown.get("images") or [])),
        "question": _marked(shown.get("question") or "", [each["token"] for each in tokens]),
        "candidates": candidates[:6],
        "marks": {
            "boxes": shown.get("boxes") or [],
            "predicted": shown.get("predicted_box"),
            "attention": shown.get("attention"),
            "words": tokens,
        },
        "meta": [
            (name, value)
            for name, value in (shown.get("meta") or {}).items()
            if isinstance(value, str | int | float) and str(value).strip()
        ],
        "said": said,
        # Texts, empty ones too; None: not flagged, not sent back.
        "asked": words.asked.get(item.pk),
        "sent_back": words.sent_back.get(item.pk),
        "has_picture": bool(item.image_sha256),
    }


def checksum(audit: Audit, place: int, number: str) -> str:
    """The checksum of the copy of an item's picture; `number`: which, from 0 (also empty).

    Empty where there is no such item or picture, or where no copy was kept.
    """
    items = Item.objects.filter(audit=audit, place=place)
    n = whole_number(number or "0")
    if not n:
        return items.values_list("image_sha256", flat=True).first() or "" if n == 0 else ""
    snapshot = items.values_list("snapshot", flat=True).first() or {}
    return next((p["sha256"] for p in _more_pictures(snapshot) if p["n"] == n), "")


def _more_pictures(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The second and further pictures, as what became of their copies; `n` names them."""
    kept = shown.get("more_images")
    return [{**each, "n": n} for n, each in enumerate(kept or [], start=1)]


def end(audit: Audit, progress: queue.Tally) -> dict[str, str]:
    """Why no card is shown, in words."""
    if audit.state == Audit.State.CLOSED:
        return {
            "title": _("The audit is closed"),
            "words": _("No more verdicts are taken. Yours are kept."),
        }
    if audit.state == Audit.State.STOPPED:
        return {
            "title": _("The audit is settled early"),
            "words": _(
                "The verdicts so far decide the question that it asks, so the rest need not be "
                "judged. Yours are kept. Thank you."
            ),
        }
    if progress.remaining == 0:
        return {
            "title": _("All judged"),
            "words": _("Every item of this audit has its verdicts. Thank you."),
        }
    return {
        "title": _("Nothing left for you"),
        "words": ngettext(
            "You have judged every item you may judge; %(left)s judgement waits for other people. "
            "An item that somebody leaves open comes back within minutes.",
            "You have judged every item you may judge; %(left)s judgements wait for other people. "
            "An item that somebody leaves open comes back within minutes.",
            progress.remaining,
        )
        % {"left": progress.remaining},
    }


def act(audit: Audit, request: PageRequest) -> Item | None:
    """Carry out what was sent: a verdict, an undo, a flag, or putting an item off.

    The item that an undo opened again, else None. Raises queue.VerdictRefused.
    """
    sent = request.POST
    wish = sent.get("do", "verdict")
    submission = _submission(sent)
    if wish == "undo":
        return queue.undo(audit, request.user, submission=submission)
    item = _item(audit, sent.get("place", ""))
    if wish == "flag":
        flagging.raise_flag(item, request.user, sent.get("note", ""))
        return None
    if wish == "later":
        queue.put_back(audit, request.user, item.place)
        put_off(request.session, audit).add(item.place)
        return None
    picked = _picked(audit, item, sent)
    # A candidate's button says both: that the answer is among them, and which it is.
    kind = sent.get("verdict") or (VerdictKind.AMONG.value if picked else "")
    # The form always has the field; what stands in it counts for a wrong answer alone.
    corrected = sent.get("corrected_answer", "") if kind == VerdictKind.WRONG_ANSWER else ""
    queue.record(
        item,
        request.user,
        kind,
        submission=submission,
        corrected_answer=corrected,
        comment=sent.get("comment", ""),
        seconds=read_seconds(sent.get("seconds", "")),
        **picked,
    )
    return None


def _answers(audit: Audit, request: PageRequest, words: flagging.Words) -> list[Flag]:
    """Leads' answers that this session has not shown yet; from now on it has."""
    name = f"answers:{audit.pk}"
    seen = request.session.get(name, 0)
    if len(words.answered) <= seen:
        return []
    request.session[name] = len(words.answered)
    return flagging.answers(words.answered[seen:])


def _rendered_answers(flags: Sequence[Flag]) -> str:
    shown = {"answers": flags}
    return render_to_string("annotations/review/_flag_answers.html", shown) if flags else ""


def flagged_place(request: PageRequest) -> int | None:
    """The place that a page without script flagged, and goes on with."""
    flagged = request.POST.get("do") == "flag"
    return whole_number(request.POST.get("place")) if flagged else None


def _picked(audit: Audit, item: Item, sent: Mapping[str, str]) -> dict[str, int]:
    """The chosen candidate's rank as `queue.record` takes it; nothing outside top-5 checks."""
    rank = sent.get("candidate", "")
    named = sent.get("verdict") in ("", None, VerdictKind.AMONG)
    if audit.question != Audit.Question.TOP_FIVE or not rank or not named:
        return {}
    shown = len(item.snapshot.get("candidates") or [])
    chosen = whole_number(rank, least=1, most=min(MOST_PICKS, shown))
    if chosen is None:
        raise queue.BadVerdict(_("There is no such candidate."), field="candidate")
    return {"candidate": chosen}


def reply(audit: Audit, request: PageRequest) -> dict[str, Any]:
    """Carry out what the page's script sent: progress, and the cards it does not hold yet.

    One transaction, one write to disk; what is shown is rendered after it. Raises
    queue.VerdictRefused.
    """
    places = set(whole_numbers(request.POST.getlist("holding")[:9]))
    # A flagged card stays in the deck; what is judged or put off has left it.
    flagged = request.POST.get("do") == "flag"
    holding = sorted(places - (set() if flagged else {whole_number(request.POST.get("place"))}))
    with turns.process_turn(), transaction.atomic():
        undone = act(audit, request)
        if undone is not None:
            holding.append(undone.place)
        fresh = next_items(audit, request, holding)
    items = [*([undone] if undone else []), *fresh]
    words = flagging.words_with(audit, request.user, items)
    return {
        "progress": _tally_document(queue.tally(audit, request.user)),
        "undone": undone.place if undone else None,
        "answers": _rendered_answers(_answers(audit, request, words)),
        "cards": _rendered(audit, items, request, words, undone),
    }


def next_items(audit: Audit, request: PageRequest, holding: Sequence[int]) -> list[Item]:
    """Items that fill the deck; those put off come when nothing else is left."""
    later = put_off(request.session, audit).numbers
    found: list[Item] = []
    while len(found) + len(holding) < CARDS:
        have = [*holding, *(item.place for item in found)]
        item = queue.hand_out(audit, request.user, skip=[*have, *later])
        if item is None and later:
            item = queue.hand_out(audit, request.user, skip=have)
        if item is None:
            break
        found.append(item)
    return found


def _tally_document(progress: queue.Tally) -> dict[str, int]:
    return {**asdict(progress), "remaining": progress.remaining}


def _rendered(
    audit: Audit,
    items: Sequence[Item],
    request: PageRequest,
    words: flagging.Words,
    undone: Item | None,
) -> list[dict[str, int | str]]:
    rendered: list[dict[str, int | str]] = []
    for item in items:
        shown = card(item, words, _said(item, request.user) if item == undone else "")
        html = render_to_string("annotations/review/_card.html", {"card": shown, "audit": audit})
        rendered.append({"place": item.place, "html": html})
    return rendered


def _marked(question: str, tokens: Sequence[str]) -> SafeString:
    """The question with a mark on every word whose attention is known.

    White space of a question is shown as it is, so no template writes between its words.
    """
    span = '<span class="token" data-token="{}">{}</span>'
    parts = [
        escape(text) if index is None else format_html(span, index, text)
        for text, index in spans_of(question, tokens)
    ]
    return format_html_join("", "{}", ((part,) for part in parts))


def put_off(session: SessionBase, audit: Audit) -> PutOff:
    """The places that this person put off in this session."""
    return PutOff(session, f"review:{audit.pk}")


def _item(audit: Audit, place: str) -> Item:
    here = Item.objects.order_by().filter(audit=audit).only("place", "audit_id")
    number = whole_number(place)
    item = None if number is None else here.filter(place=number).first()
    if item is None:
        raise queue.BadVerdict(_("There is no such item in this audit."), field="place")
    return item


def _submission(sent: Mapping[str, str]) -> uuid.UUID:
    try:
        return read_uuid(sent.get("submission", ""))
    except NotReadable as old:
        raise queue.BadVerdict(str(old), field="submission") from None
