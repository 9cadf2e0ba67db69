"""How an audit was drawn: in words, and as the command that draws the same items again."""

import json
import shlex
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from annotations.audits.page import policy_words
from annotations.models import Audit, VerdictKind
from annotations.science.estimation.designs import DESIGNS
from triage.runs.filters import selection_words
from triage.science.store.browsing import SampleFilter
from triage.templatetags.figures import percent


def draw_context(audit: Audit) -> dict[str, Any]:
    """How it was drawn, in words and as a command."""
    protocol = standing_protocol_words(audit)
    noise = [str(VerdictKind(kind).label) for kind in audit.noise_kinds]
    population = _("%(n)s errors of run “%(run)s”: %(filter)s") % {
        "n": number_format(audit.population, force_grouping=True),
        "run": audit.run,
        "filter": selection_words(SampleFilter.from_dict(audit.criteria)),
    }
    design = DESIGNS[audit.design]
    return {
        "design_words": f"{_(design.title)}: {_(design.sentence)}",
        "policy_words": policy_words(audit.policy) if audit.overlap > 1 else "",
        "protocol_words": protocol,
        "population_words": population,
        "noise_kind_words": ", ".join(noise),
        "command": repeat_command(audit),
    }


def standing_protocol_words(audit: Audit) -> str:
    """The protocol by name, size and rule."""
    sign = ">" if audit.strict else "≥"
    exact = audit.threshold * 100
    share = percent(float(audit.threshold), 0 if exact.denominator == 1 else 1)
    words = _("%(name)s: %(size)s items, noise %(sign)s %(share)s")
    if audit.question == Audit.Question.TOP_FIVE:
        words = _("%(name)s: %(size)s items, a right reading in %(sign)s %(share)s")
    return words % {
        "name": audit.protocol,
        "size": number_format(audit.size),
        "sign": sign,
        "share": share,
    }


def repeat_command(audit: Audit) -> str:
    """The command that draws the same items again, where the frame is still nameable."""
    parts = ["manage.py", "draw_audit", str(audit.run.uuid), "--protocol", audit.protocol]
    if audit.protocol == "custom":
        parts += ["--size", str(audit.size), "--threshold", str(audit.threshold)]
        parts += ["--strict"] if audit.strict else []
    if audit.criteria:
        stored = audit.run.stored_filters.filter(criteria=audit.criteria).first()
        parts += ["--stored-filter", stored.name] if stored else []
        parts += [] if stored else ["--criteria", json.dumps(audit.criteria)]
    if audit.overlap > 1:
        parts += ["--overlap", str(audit.overlap), "--policy", audit.policy]
        parts += ["--open-votes"] if audit.open_votes else []
    if audit.question != Audit.Question.NOISE:
        parts += ["--question", audit.question]
    if audit.design != Audit.Design.SIMPLE_RANDOM:
        parts += ["--design", audit.design]
    if gold_items := audit.plan.get("gold"):
        parts += ["--gold", str(gold_items)]
    if assigned := audit.plan.get("people"):
        parts += ["--people", ",".join(assigned)]
    return shlex.join(["python", *parts, "--seed", str(audit.seed)])
