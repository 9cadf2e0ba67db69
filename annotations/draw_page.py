"""What the page that draws an audit shows, before and after."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from annotations.audits import AuditRefused, protocol_wanted
from annotations.estimation.protocols import PROTOCOLS, Protocol
from annotations.forms import DrawForm
from annotations.frames import frame_size
from annotations.models import Audit
from annotations.noise_words import share_words
from triage.models import Run

# The registry's descriptions are plain English; this is where the catalogue finds them.
gettext_noop(
    "200 errors drawn at random; at 20 % noise or more, noisy data is likely the main cause."
)
gettext_noop("100 of 500 collected errors drawn at random; above 20 % noise, clean the data first.")


@dataclass(frozen=True)
class ProtocolCard:
    """One protocol as it is offered."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class FrameWords:
    """What the form as filled in would draw: a sentence and the rule, or the problem."""

    sentence: str = ""
    rule: str = ""
    problem: str = ""


def protocol_cards() -> list[ProtocolCard]:
    """The presets and the custom protocol."""
    titles = {
        "quality-200": _("The data check: 200 items, noise ≥ 20 %"),
        "checklist-100": _("The quick form: 100 items, noise > 20 %"),
    }
    cards = [
        ProtocolCard(name, titles.get(name, ""), _(protocol.description))
        for name, protocol in PROTOCOLS.items()
    ]
    own = _("As many items as you can judge. More items, a narrower interval: 400 about ±4 points.")
    return [*cards, ProtocolCard("custom", _("Your own size and threshold"), own)]


def rule_words(protocol: Protocol) -> str:
    """The rule in words, as fixed before the draw."""
    return _("The rule: noise %(sign)s %(share)s of the judged errors.") % {
        "sign": protocol.comparison,
        "share": share_words(protocol),
    }


def context(run: Run, form: DrawForm) -> dict[str, Any]:
    """The page."""
    return {
        "run": run,
        "form": form,
        "cards": protocol_cards(),
        "custom_fields": [form["size"], form["threshold"], form["strict"]],
        "frame": frame(run, form) if run.errors else None,
    }


def frame(run: Run, form: DrawForm) -> FrameWords:
    """What would be drawn; of a form half filled in, what is still missing."""
    if not form.is_bound:
        stored = run.stored_filters.filter(pk=form.initial.get("population") or 0).first()
        return _drawn_from(run, PROTOCOLS[form.initial["protocol"]], stored, 1)
    if not form.is_valid():
        return FrameWords(problem=_("Something above is not filled in right yet."))
    wishes = form.wishes()
    try:
        protocol = protocol_wanted(
            wishes["protocol"],
            wishes.get("size"),
            wishes.get("threshold"),
            wishes.get("strict"),
        )
    except AuditRefused as problem:
        return FrameWords(problem=str(problem))
    return _drawn_from(run, protocol, wishes["criteria"], wishes["overlap"])


def _drawn_from(run: Run, protocol: Protocol, stored: Any, overlap: int) -> FrameWords:
    errors = frame_size(run, stored.criteria if stored else {})
    if errors == 0:
        return FrameWords(problem=_("No error sample matches: there is nothing to draw."))
    population = protocol.population_of(errors)
    drawn = min(protocol.size, population)
    values = {
        name: number_format(count, force_grouping=True)
        for name, count in {"drawn": drawn, "population": population, "errors": errors}.items()
    }
    if drawn == population:
        sentence = ngettext(
            "The only error will be judged: a census, with no sampling error at all.",
            "All %(population)s errors will be judged: a census, with no sampling error at all.",
            population,
        )
    elif population < errors:
        sentence = _(
            "%(population)s of the %(errors)s errors will be collected at random, and %(drawn)s of "
            "those drawn; the ratio will be a statement about the %(population)s."
        )
    else:
        sentence = _(
            "%(drawn)s of %(population)s errors will be drawn at random, each with the same "
            "chance, "
            "and judged in random order."
        )
    rule = rule_words(protocol)
    if overlap > 1:
        rule += " " + _("%(n)s people judge each item; it counts when they agree.") % {"n": overlap}
    return FrameWords(sentence % values, rule)


def drawn_words(audit: Audit) -> str:
    """What was drawn, for the message after the draw."""
    return _("Drawn: %(items)s of %(population)s errors, seed %(seed)s.") % {
        "items": number_format(audit.items.drawn().count(), force_grouping=True),
        "population": number_format(audit.population, force_grouping=True),
        "seed": audit.seed,
    }
