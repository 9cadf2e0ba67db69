"""What the page that draws an audit shows, before and after."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from annotations.audits.drawing import AuditRefused, protocol_wanted
from annotations.audits.forms import DrawForm
from annotations.evidence.frames import frame_size
from annotations.models import Audit
from annotations.science.estimation.designs import DESIGNS
from annotations.science.estimation.protocols import PROTOCOLS, Protocol
from annotations.standing.words import share_words
from triage.models import Run
from triage.sent import whole_number

# The registry's descriptions are plain English; this is where the catalogue finds them.
gettext_noop(
    "200 errors drawn at random; at 20 % noise or more, noisy data is likely the main cause."
)
gettext_noop("Simple random")
gettext_noop("Every error has the same chance, and the interval is exact: nothing to explain.")
gettext_noop("Proportional per cluster")
gettext_noop(
    "Every cluster gives its share of the items, so no draw can miss a large cluster by bad "
    "luck; with a frozen mismatch score the interval uses that too."
)
gettext_noop("Score-assisted")
gettext_noop(
    "Drawn at random all the same; the mismatch score, frozen before the draw, narrows the "
    "interval as far as it turns out to be right, and costs nothing where it is not."
)
gettext_noop("Planned early stop")
gettext_noop(
    "Judged in random order and stopped as soon as the question is settled, from item 30 on; "
    "the boundaries are fixed now, so looking at every item costs no error."
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


@dataclass(frozen=True)
class Pick:
    """One radio card: its value, title and sentence; `problem` says why it cannot be chosen."""

    value: str
    title: str
    sentence: str
    problem: str = ""


def design_picks(run: Run) -> list[Pick]:
    """The designs as they are offered for this run."""
    clusters = run.current_clustering() is not None
    score = run.mismatch_scores.exists()
    picks = []
    for design in DESIGNS.values():
        problem = ""
        if design.needs_clusters and not clusters:
            problem = _("The run has no clusters yet.")
        elif design.needs_score and not score:
            problem = _("The run has no mismatch score yet: its cleaning queue makes one.")
        picks.append(Pick(design.name, _(design.title), _(design.sentence), problem))
    return picks


def question_picks() -> list[Pick]:
    """What people can be asked about each item."""
    noise = _("Do image and text belong together, is the reference answer right?")
    top_five = _(
        "Is one of the model’s five best candidates a right reading? What says yes is ambiguity."
    )
    return [
        Pick(Audit.Question.NOISE, _("Noise check"), noise),
        Pick(Audit.Question.TOP_FIVE, _("Top-5 check"), top_five),
    ]


def policy_words(audit_policy: str) -> str:
    """A policy in a sentence."""
    return {
        Audit.Policy.AGREEMENT: _("an item counts when all agree; differences wait for them"),
        Audit.Policy.MAJORITY: _("more than half of the votes decide; a lead decides ties"),
        Audit.Policy.DAWID_SKENE: _(
            "a rater model weighs the votes by how reliable each person is; "
            "a lead decides what it is not sure of"
        ),
        Audit.Policy.ADJUDICATION: _("a lead decides wherever people differ"),
    }[Audit.Policy(audit_policy)]


def rule_words(protocol: Protocol, question: str = Audit.Question.NOISE) -> str:
    """The rule in words, as fixed before the draw."""
    words = _("The rule: noise %(sign)s %(share)s of the judged errors.")
    if question == Audit.Question.TOP_FIVE:
        words = _("The rule: a right reading in %(sign)s %(share)s of the judged errors.")
    return words % {
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
        "designs": design_picks(run),
        "questions": question_picks(),
        "chosen_design": form["design"].value() or Audit.Design.SIMPLE_RANDOM,
        "chosen_question": form["question"].value() or Audit.Question.NOISE,
        "frame": frame(run, form) if run.errors else None,
    }


def frame(run: Run, form: DrawForm) -> FrameWords:
    """What would be drawn; of a form half filled in, what is still missing."""
    if not form.is_bound:
        named = whole_number(str(form.initial.get("population") or ""))
        stored = None if named is None else run.stored_filters.filter(pk=named).first()
        protocol = PROTOCOLS[form.initial["protocol"]]
        return _drawn_from(run, protocol, stored, 1, rule_words(protocol))
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
    rule = rule_words(protocol, wishes["question"])
    found = _drawn_from(run, protocol, wishes["criteria"], wishes["overlap"], rule)
    if found.problem:
        return found
    picks = {pick.value: pick for pick in design_picks(run)}
    if picks[wishes["design"]].problem:
        return FrameWords(problem=picks[wishes["design"]].problem)
    more = [_plan_words(wishes)]
    if wishes["gold"]:
        more.append(
            ngettext(
                "%(n)s gold item is mixed in; it stands outside the ratio.",
                "%(n)s gold items are mixed in; they stand outside the ratio.",
                wishes["gold"],
            )
            % {"n": wishes["gold"]}
        )
    return FrameWords(found.sentence, " ".join([found.rule, *(each for each in more if each)]))


def _plan_words(wishes: dict[str, Any]) -> str:
    """What the chosen design, policy and people add to the rule."""
    words = []
    if wishes["question"] == Audit.Question.TOP_FIVE:
        words.append(_("Only errors that carry candidates are drawn from."))
    if wishes["design"] == Audit.Design.PLANNED_STOP:
        words.append(_("It may end early, from item 30 on."))
    if wishes["overlap"] > 1:
        words.append(
            _("When people differ: %(policy)s.") % {"policy": policy_words(wishes["policy"])}
        )
    if wishes["people"]:
        names = ", ".join(str(person) for person in wishes["people"])
        words.append(_("Judged by %(names)s.") % {"names": names})
    return " ".join(words)


def _drawn_from(run: Run, protocol: Protocol, stored: Any, overlap: int, rule: str) -> FrameWords:
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
    if overlap > 1:
        rule += " " + _("%(n)s people judge each item.") % {"n": overlap}
    return FrameWords(sentence % values, rule)


def drawn_words(audit: Audit) -> str:
    """What was drawn, for the message after the draw."""
    return _("Drawn: %(items)s of %(population)s errors, seed %(seed)s.") % {
        "items": number_format(audit.items.drawn().count(), force_grouping=True),
        "population": number_format(audit.population, force_grouping=True),
        "seed": audit.seed,
    }
