"""What people found in the run's audits, beside what the measures say."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext_noop

from annotations.models import Audit
from annotations.standing.standing import Standing, standing_of
from annotations.standing.words import Answer, established_finding, rule_finding, sentence
from diagnostics.science.measures.results import Value
from triage.models import Run


@dataclass(frozen=True)
class Judged:
    """An audit with verdicts: its sentence, the rule as written, and what is established."""

    audit: Audit
    standing: Standing
    sentence: str
    rule: Answer
    established: Answer

    @property
    def value(self) -> Value:
        """The ratio with its interval."""
        ratio = self.standing.ratio
        return Value(ratio.point, "share", ratio.low, ratio.high, ratio.decided, ratio.method)

    @property
    def complete(self) -> bool:
        """Whether nothing waits for a verdict any more."""
        return self.standing.ratio.waiting == 0


def judged_audits(run: Run, question: str) -> list[Judged]:
    """The run's audits of one question in which something is decided, the newest first."""
    found = []
    for audit in run.audits.filter(question=question).order_by("-created_at", "-pk"):
        standing = standing_of(audit)
        if standing.ratio.decided:
            found.append(
                Judged(
                    audit,
                    standing,
                    sentence(standing.ratio, audit.question),
                    rule_finding(standing.ratio, standing.protocol, audit.question),
                    established_finding(standing.ratio, standing.protocol),
                )
            )
    return found


def best(audits: list[Judged]) -> Judged | None:
    """The audit that says most: the one with most decided items."""
    return max(audits, key=lambda each: each.standing.ratio.decided, default=None)


# Where each question's audits stand beside a measure, and what their figure is called.
BESIDE = {
    Audit.Question.NOISE: (
        "noise_signals",
        "audited_noise",
        gettext_noop("Noise among the errors, by people’s verdicts"),
    ),
    Audit.Question.TOP_FIVE: (
        "ambiguity",
        "judged_top_5",
        gettext_noop("Errors with a right reading among five candidates, by people’s verdicts"),
    ),
}


def with_people(run: Run, measures: dict[str, Any]) -> dict[str, Any]:
    """A diagnosis' measures with the audits' figures before their own."""
    found = dict(measures)
    for question, (measure, name, words) in BESIDE.items():
        audit = best(judged_audits(run, question))
        if audit is None or measure not in found:
            continue
        figure = {
            "name": name,
            "words": words,
            "value": asdict(audit.value),
            "note": "",
            "behind": None,
            "of": "",
            "beside": None,
            "address": audit.audit.get_absolute_url(),
        }
        found[measure] = {**found[measure], "figures": [figure, *found[measure]["figures"]]}
    return found
