"""What the noise ratio page says, in words a lead can repeat in a meeting."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.science.estimation.noise_ratio import NoiseRatio
from annotations.science.estimation.protocols import Protocol
from triage.templatetags.figures import percent

NOISE, TOP_FIVE = "noise", "top_five"


@dataclass(frozen=True)
class Answer:
    """One of the two answers: its state (for colour), its headline, and what it means."""

    state: str
    word: str
    words: tuple[str, ...]


def grouped(count: int) -> str:
    """A count as the tables beside it write theirs: 1,434."""
    return number_format(count, 0, force_grouping=True)


def share_words(protocol: Protocol) -> str:
    """The threshold as a percentage, with as many digits as it needs."""
    exact = protocol.threshold * 100
    return percent(float(protocol.threshold), 0 if exact.denominator == 1 else 1)


def method_words(ratio: NoiseRatio) -> str:
    """What the interval is made of, in a word or two."""
    return {
        "exact": _("exact"),
        "score_assisted": _("score-assisted"),
        "stratified": _("stratified by cluster"),
        "planned_stop": _("valid at every look"),
    }[ratio.method]


def sentence(ratio: NoiseRatio, question: str = NOISE) -> str:
    """The one sentence: what was drawn, what was found, what is true of all of them."""
    values = {
        "drawn": grouped(ratio.drawn),
        "population": grouped(ratio.population),
        "successes": grouped(ratio.successes),
        "decided": grouped(ratio.decided),
        "low": percent(ratio.low),
        "high": percent(ratio.high),
        "level": percent(ratio.level, 0),
        "method": method_words(ratio),
    }
    if not ratio.decided:
        words = _(
            "We drew %(drawn)s of %(population)s errors at random; none is decided yet, so the "
            "true share among the %(population)s is not known."
        )
    elif ratio.planned is not None:
        values["looked_at"] = grouped(ratio.planned.looked_at)
        values["successes"] = grouped(ratio.planned.fewest)
        words = _planned_sentence(question)
    elif question == TOP_FIVE:
        words = _top_five_sentence(ratio)
    elif not ratio.complete:
        words = _(
            "We drew %(drawn)s of %(population)s errors at random; %(successes)s of the "
            "%(decided)s decided so far were noise; by these, the true share among the "
            "%(population)s is between %(low)s and %(high)s (%(level)s, %(method)s)."
        )
    elif ratio.decided < ratio.drawn:
        words = _(
            "We drew %(drawn)s of %(population)s errors at random; %(successes)s of the "
            "%(decided)s decided were noise; the true share among the %(population)s is between "
            "%(low)s and %(high)s (%(level)s, %(method)s)."
        )
    else:
        words = _(
            "We drew %(drawn)s of %(population)s errors at random; %(successes)s were noise; "
            "the true share among the %(population)s is between %(low)s and %(high)s (%(level)s, "
            "%(method)s)."
        )
    return words % values


def _planned_sentence(question: str) -> str:
    if question == TOP_FIVE:
        return _(
            "We judged %(looked_at)s of at most %(drawn)s of %(population)s errors in random "
            "order; %(successes)s had a right reading among their candidates; the true share "
            "among the %(population)s is between %(low)s and %(high)s (%(level)s, %(method)s)."
        )
    return _(
        "We judged %(looked_at)s of at most %(drawn)s of %(population)s errors in random order; "
        "%(successes)s were noise; the true share among the %(population)s is between %(low)s "
        "and %(high)s (%(level)s, %(method)s)."
    )


def _top_five_sentence(ratio: NoiseRatio) -> str:
    if ratio.complete:
        return _(
            "We drew %(drawn)s of %(population)s errors at random; %(successes)s of the "
            "%(decided)s decided had a right reading among their five best candidates; the true "
            "share among the %(population)s is between %(low)s and %(high)s (%(level)s, "
            "%(method)s)."
        )
    return _(
        "We drew %(drawn)s of %(population)s errors at random; %(successes)s of the %(decided)s "
        "decided so far had a right reading among their five best candidates; by these, the true "
        "share among the %(population)s is between %(low)s and %(high)s (%(level)s, %(method)s)."
    )


def rule_finding(ratio: NoiseRatio, protocol: Protocol, question: str = NOISE) -> Answer:
    """The rule as written: the share among the judged items against the threshold."""
    sign = f"{protocol.comparison} {share_words(protocol)}"
    if ratio.rule == "no_verdicts":
        words = _("The rule asks for a share %(sign)s. Nothing is decided yet.")
        return Answer("waiting", _("Nothing decided"), (words % {"sign": sign},))
    share = ratio.successes / ratio.decided
    values = {"point": percent(share), "sign": sign, "noise": ratio.successes}
    values["decided"] = ratio.decided
    if ratio.rule == "at_least":
        met = _("%(noise)s of %(decided)s is %(point)s: the rule “%(sign)s” is met.") % values
        advice = _("By the rule, noisy data is likely the main cause: clean the data first.")
        if question == TOP_FIVE:
            advice = _(
                "By the rule, ambiguity explains many of the errors: add context, or train with "
                "several right answers."
            )
        return Answer("met", _("Met"), (met, advice, *_so_far(ratio)))
    missed = _("%(noise)s of %(decided)s is %(point)s: the rule “%(sign)s” is not met.")
    advice = _("By the rule, noise is not the main cause: look at the model next.")
    if question == TOP_FIVE:
        advice = _("By the rule, ambiguity is not the main cause.")
    return Answer("not_met", _("Not met"), (missed % values, advice, *_so_far(ratio)))


def _so_far(ratio: NoiseRatio) -> tuple[str, ...]:
    return () if ratio.complete else (_("From the items decided so far; it may still change."),)


def established_words(ratio: NoiseRatio, protocol: Protocol) -> str:
    """What is established, as a headline."""
    share = {"share": share_words(protocol)}
    if ratio.established == "at_least":
        words = _("More than %(share)s") if protocol.strict else _("At least %(share)s")
    elif ratio.established == "below":
        words = _("Not more than %(share)s") if protocol.strict else _("Below %(share)s")
    else:
        words = _("Not settled yet")
    return words % share


def established_finding(ratio: NoiseRatio, protocol: Protocol) -> Answer:
    """What is established: the exact interval against the threshold, in three values."""
    headline = established_words(ratio, protocol)
    if ratio.established == "not_settled":
        return Answer("not_settled", headline, _open_words(ratio, protocol))
    if ratio.planned is not None:
        words = _(
            "Crossed at item %(looked_at)s of at most %(cap)s. The boundaries were fixed before "
            "the draw, so stopping here is wrong for at most 1 draw in 40."
        )
        values = {"looked_at": ratio.planned.looked_at, "cap": ratio.planned.cap}
        return Answer(ratio.established, headline, (words % values,))
    if ratio.waiting:
        bound = _(
            "Already certain: however the %(waiting)s waiting items are judged, the finished "
            "interval will lie on this side of the threshold."
        )
        return Answer(ratio.established, headline, (bound % {"waiting": ratio.waiting},))
    words = _(
        "The whole interval, %(low)s to %(high)s, lies on this side of %(share)s. A conclusion "
        "like "
        "this one is wrong for at most 1 draw in 40."
    ) % {
        "low": percent(ratio.low),
        "high": percent(ratio.high),
        "share": share_words(protocol),
    }
    return Answer(ratio.established, headline, (words,))


def _open_words(ratio: NoiseRatio, protocol: Protocol) -> tuple[str, ...]:
    if ratio.planned is not None and ratio.waiting:
        words = _(
            "No boundary is crossed after %(looked_at)s items; the audit ends by itself as soon as "
            "one is, after %(cap)s items at the latest."
        )
        return (words % {"looked_at": ratio.planned.looked_at, "cap": ratio.planned.cap},)
    if ratio.waiting:
        waits = ngettext(
            "%(waiting)s item still waits for its verdict.",
            "%(waiting)s items still wait for their verdict.",
            ratio.waiting,
        ) % {"waiting": ratio.waiting}
        peeking = _(
            "The interval is a promise about the finished draw. Stopping at the first moment it "
            "clears the threshold would be wrong up to one time in six, so the answer is given "
            "when the draw is finished, or when the waiting items cannot change it."
        )
        return (waits, peeking)
    inside = _(
        "%(share)s lies within the interval, %(low)s to %(high)s: both answers are still possible."
    ) % {"share": share_words(protocol), "low": percent(ratio.low), "high": percent(ratio.high)}
    more = settle_words(ratio)
    return (inside, more) if more else (inside,)


def settle_words(ratio: NoiseRatio) -> str:
    """How many more items would probably settle it; empty where that is not a question."""
    if ratio.items_to_settle is None or ratio.established != "not_settled":
        return ""
    if ratio.items_to_settle == 0:
        return _("The items that still wait will probably settle it (4 chances in 5).")
    return _(
        "About %(more)s more items would settle it in 4 cases of 5: plan a new draw of %(total)s "
        "rather than adding to this one until it suits."
    ) % {"more": ratio.items_to_settle, "total": ratio.drawn + ratio.items_to_settle}
