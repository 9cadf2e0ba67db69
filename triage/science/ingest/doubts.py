"""Where an import stops for a person's word: many rows refused, or a run that looks wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from triage.science.ingest.tally import (
    FEWEST,
    SUSPICIOUS_DISAGREEMENT,
    SUSPICIOUS_ERROR_RATE,
    Pair,
    RuleTrial,
    Tally,
)
from triage.science.record.records import Refusal
from triage.science.words import Refused
from triage.science.words import gettext_noop as _

# A larger share of refused rows than this wants a person's word.
MOST_REFUSED = 0.05


class NeedsWord(Refused):
    """The file can be imported, but what would come of it is doubtful: a person must say so.

    `flag`: the name of the leave that is needed, 'refused' or 'doubtful'.
    """

    def __init__(self, flag: str, words: str, /, **values: Any) -> None:
        super().__init__(words, **values)
        self.flag = flag


def check_refused(
    refusals: Sequence[Refusal], why: Sequence[Mapping[str, Any]], samples: int
) -> None:
    """Raise NeedsWord where more rows are refused than go unnoticed; `why`: by reason."""
    rows = len({each.row for each in refusals})
    if rows <= MOST_REFUSED * (rows + samples):
        return
    raise NeedsWord(
        "refused",
        _("{refused} of {rows} rows are refused: {reasons}"),
        refused=rows,
        rows=rows + samples,
        reasons="; ".join(
            f"{each['count']:,} × {each['example']}"
            + (f" ({each['cure']})" if each["cure"] else "")
            for each in why[:3]
        ),
    )


def check_doubtful(rule: str, counts: Tally, rules: Sequence[RuleTrial]) -> None:
    """Raise NeedsWord where nearly all samples are errors, or rule and judge contradict."""
    if counts.samples < FEWEST:
        return
    own = next((each for each in rules if each.rule == rule), None)
    if own is not None and own.agrees is not None and 1 - own.agrees > SUSPICIOUS_DISAGREEMENT:
        raise NeedsWord(
            "doubtful",
            _(
                "the rule '{rule}' and the file's own verdict contradict each other in {differs} "
                "of {rows} rows: {pairs}"
            ),
            rule=rule,
            differs=own.differs,
            rows=own.rows,
            pairs=_listed(own.pairs),
        )
    if counts.errors > SUSPICIOUS_ERROR_RATE * counts.samples:
        raise NeedsWord(
            "doubtful",
            _("{errors} of {rows} samples would be errors by the rule '{rule}': {pairs}"),
            errors=counts.errors,
            rows=counts.samples,
            rule=rule,
            pairs=_listed(counts.first_errors),
        )


def _listed(pairs: Sequence[Pair]) -> str:
    return "; ".join(str(each) for each in pairs)
