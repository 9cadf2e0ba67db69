"""From the verdicts that stand on an item to the one verdict that the estimate uses.

The rule here is agreement: an item is resolved when as many people have judged it as its audit's
overlap asks for and all of them said the same. Anything else is still waiting.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from annotations.models import Audit, Item, Verdict, VerdictKind


@dataclass(frozen=True)
class ResolvedItem:
    """One drawn item and where it stands.

    `kind` is its final verdict, None while it waits. `votes` are the standing verdicts in the order
    they were given. `corrected_answer` is empty unless every correction given agrees.
    """

    item: int
    place: int
    sample_id: str
    position: int
    cluster: int | None
    votes: tuple[str, ...]
    kind: str | None
    corrected_answer: str

    @property
    def disagrees(self) -> bool:
        """Whether people have said different things of it."""
        return len(set(self.votes)) > 1


def agreed(votes: Sequence[str], overlap: int) -> str | None:
    """The verdict that all `overlap` people gave; None while one is missing or they differ."""
    if len(votes) < overlap or len(set(votes)) != 1:
        return None
    return votes[0]


def _correction(kind: str | None, answers: Sequence[str]) -> str:
    """The corrected answer of a resolved `wrong_answer`, if those who gave one gave the same."""
    if kind != VerdictKind.WRONG_ANSWER:
        return ""
    given = {answer.strip() for answer in answers if answer.strip()}
    return given.pop() if len(given) == 1 else ""


def resolved_items(audit: Audit) -> list[ResolvedItem]:
    """Every item of `audit` in draw order with its final verdict, in two queries."""
    votes: dict[int, list[str]] = defaultdict(list)
    answers: dict[int, list[str]] = defaultdict(list)
    standing = Verdict.objects.standing().filter(item__audit=audit).order_by("created_at", "pk")
    for item, kind, answer in standing.values_list("item_id", "kind", "corrected_answer"):
        votes[item].append(kind)
        answers[item].append(answer)
    resolved = []
    columns = ("pk", "place", "sample_id", "position", "cluster")
    rows = Item.objects.filter(audit=audit).order_by("place").values_list(*columns)
    for pk, place, sample_id, position, cluster in rows:
        final = agreed(votes[pk], audit.overlap)
        resolved.append(
            ResolvedItem(
                item=pk,
                place=place,
                sample_id=sample_id,
                position=position,
                cluster=cluster,
                votes=tuple(votes[pk]),
                kind=final,
                corrected_answer=_correction(final, answers[pk]),
            )
        )
    return resolved
