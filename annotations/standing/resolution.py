"""From the verdicts that stand on an item to the one verdict that the estimate uses.

The audit's policy, fixed before the draw, says how. Whatever it is, an item waits until as many
people have judged it as its overlap asks for; an item that the policy leaves open waits too:

- agreement: all said the same. What people differ on waits for them (undo, or sent back).
- majority: more than half said the same. A tie waits for a lead.
- Dawid-Skene: the rater model, fitted to all votes of the audit, is sure enough. Else a lead.
- adjudication: all said the same, or a lead has decided.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotations.models import Adjudication, Audit, Item, Verdict, VerdictKind
from annotations.science.estimation.raters import dawid_skene

# The rater model resolves an item when one verdict is at least this probable.
SURE_ENOUGH = 0.9
_COLUMNS = ("pk", "place", "sample_id", "position", "cluster", "stratum", "score")


@dataclass(frozen=True)
class ResolvedItem:
    """One drawn item and where it stands.

    `kind` is its final verdict, None while it waits; `by` says which step resolved it (a policy's
    name, empty while it waits). `votes` are the standing verdicts in the order they were given.
    `corrected_answer` is empty unless every correction given agrees. `for_lead`: all votes are in,
    the policy leaves it open, and a lead may decide.
    """

    item: int
    place: int
    sample_id: str
    position: int
    cluster: int | None
    votes: tuple[str, ...]
    kind: str | None
    corrected_answer: str
    by: str = ""
    for_lead: bool = False
    question_type: str | None = None
    stratum: int | None = None
    score: float | None = None

    @property
    def disagrees(self) -> bool:
        """Whether people have said different things of it."""
        return len(set(self.votes)) > 1


@dataclass(frozen=True)
class _Vote:
    annotator: int
    kind: str
    answer: str


def agreed(votes: Sequence[str], overlap: int) -> str | None:
    """The verdict that all `overlap` people gave; None while one is missing or they differ."""
    if len(votes) < overlap or len(set(votes)) != 1:
        return None
    return votes[0]


def majority_of(votes: Sequence[str], overlap: int) -> str | None:
    """The verdict of more than half of the votes, once all are in; None for none."""
    if len(votes) < overlap:
        return None
    most = max(votes, key=votes.count)
    return most if 2 * votes.count(most) > len(votes) else None


def resolved_items(audit: Audit) -> list[ResolvedItem]:
    """Every drawn item of `audit` in draw order with its final verdict, gold items left out."""
    votes = _votes(audit)
    words = _last_words(audit)
    model = _modelled(votes) if audit.policy == Audit.Policy.DAWID_SKENE else {}
    rows = Item.objects.drawn().filter(audit=audit).order_by("place")
    resolved = []
    for *columns, question_type in rows.values_list(*_COLUMNS, "snapshot__question_type"):
        pk, place, sample_id, position, cluster, stratum, score = columns
        given = votes[pk]
        kinds = tuple(vote.kind for vote in given)
        kind, by = _by_policy(audit, kinds, model.get(pk))
        answers = [vote.answer for vote in given]
        word = words.get(pk)
        if word is not None and audit.policy != Audit.Policy.AGREEMENT:
            kind, by, answers = word.kind, Audit.Policy.ADJUDICATION.value, [word.corrected_answer]
        resolved.append(
            ResolvedItem(
                item=pk,
                place=place,
                sample_id=sample_id,
                position=position,
                cluster=cluster,
                votes=kinds,
                kind=kind,
                corrected_answer=_correction(kind, answers),
                by=by,
                for_lead=kind is None and may_be_adjudicated(audit, len(kinds)),
                question_type=question_type,
                stratum=stratum,
                score=score,
            )
        )
    return resolved


def may_be_adjudicated(audit: Audit, votes: int) -> bool:
    """Whether a lead may decide an item with that many votes, under the audit's policy."""
    return audit.policy != Audit.Policy.AGREEMENT and votes >= audit.overlap


def _by_policy(
    audit: Audit, kinds: Sequence[str], modelled: tuple[str, float] | None
) -> tuple[str | None, str]:
    """(final verdict, what resolved it); (None, "") while the item waits."""
    if (kind := agreed(kinds, audit.overlap)) and audit.policy != Audit.Policy.DAWID_SKENE:
        return kind, Audit.Policy.AGREEMENT.value
    if audit.policy == Audit.Policy.MAJORITY and (kind := majority_of(kinds, audit.overlap)):
        return kind, Audit.Policy.MAJORITY.value
    if modelled is not None and len(kinds) >= audit.overlap and modelled[1] >= SURE_ENOUGH:
        return modelled[0], Audit.Policy.DAWID_SKENE.value
    return None, ""


def _votes(audit: Audit) -> Mapping[int, list[_Vote]]:
    votes: dict[int, list[_Vote]] = defaultdict(list)
    standing = Verdict.objects.standing().filter(item__audit=audit, item__gold="")
    rows = standing.order_by("created_at", "pk")
    columns = ("item_id", "annotator_id", "kind", "corrected_answer")
    for item, annotator, kind, answer in rows.values_list(*columns):
        votes[item].append(_Vote(annotator, kind, answer))
    return votes


def _last_words(audit: Audit) -> dict[int, Adjudication]:
    """The adjudication that stands on each item that has one."""
    if audit.policy == Audit.Policy.AGREEMENT:
        return {}
    standing = Adjudication.objects.newest().filter(item__audit=audit)
    return {each.item_id: each for each in standing.exclude(kind="")}


def _modelled(votes: Mapping[int, Sequence[_Vote]]) -> dict[int, tuple[str, float]]:
    """The rater model's most probable verdict of each item with a vote, and how probable."""
    triples = [(item, vote.annotator, vote.kind) for item, given in votes.items() for vote in given]
    if not triples:
        return {}
    found = dawid_skene(triples)
    best = found.probabilities.argmax(axis=1)
    sure = found.probabilities.max(axis=1)
    return {
        int(str(item)): (found.verdicts[index], float(share))
        for item, index, share in zip(found.items, best, sure, strict=True)
    }


def _correction(kind: str | None, answers: Sequence[str]) -> str:
    """The corrected answer of a resolved `wrong_answer`, if those who gave one gave the same."""
    if kind != VerdictKind.WRONG_ANSWER:
        return ""
    given = {answer.strip() for answer in answers if answer.strip()}
    return given.pop() if len(given) == 1 else ""
