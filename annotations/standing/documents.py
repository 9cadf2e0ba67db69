"""What the JSON, the API, the report and the commands say of an audit: the page as plain values.

Each class is one object of that JSON; its fields are the keys, in their order.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from annotations.models import Audit
from annotations.science.estimation.claims import Claim
from annotations.science.estimation.noise_ratio import (
    Bounds,
    Established,
    Estimate,
    NoiseRatio,
    PlannedLook,
    Rule,
)
from annotations.standing import words
from annotations.standing.standing import (
    ClusterRatio,
    Look,
    Standing,
    TypeRatio,
    standing_of,
)


@dataclass(frozen=True)
class RatioDocument:
    """The noise ratio alone. Shares are 0..1; `threshold` and the rest of the audit lie beside."""

    successes: int
    decided: int
    population: int
    point: float | None
    low: float
    high: float
    rule: Rule = field(metadata={"help_text": "at_least, below or no_verdicts"})
    established: Established = field(metadata={"help_text": "at_least, below or not_settled"})
    mismatch_only: Estimate
    bounds: Bounds
    drawn: int
    waiting: int
    undecided: int
    complete: bool
    level: float
    items_to_settle: int | None
    method: str = field(metadata={"help_text": "exact, score_assisted, stratified or planned_stop"})
    extra_items: int = field(metadata={"help_text": "what frozen scores were worth, in items"})
    planned: PlannedLook | None = field(metadata={"help_text": "where a planned early stop stands"})


@dataclass(frozen=True)
class TypeDocument:
    """A question type: what may be claimed of it, and its ratio with the exact interval."""

    claim: Claim
    name: str
    population: int
    drawn: int
    successes: int
    decided: int
    point: float | None
    low: float
    high: float


@dataclass(frozen=True)
class ClusterDocument:
    """A cluster, -1 for the unclustered: the same as of a question type."""

    cluster: int
    claim: Claim
    name: str
    population: int
    drawn: int
    successes: int
    decided: int
    point: float | None
    low: float
    high: float


@dataclass(frozen=True)
class GoldCounts:
    """How all people together judged the audit's gold items."""

    judged: int
    same: int
    noisy: int
    noisy_found: int
    clean: int
    clean_found: int


@dataclass(frozen=True)
class CorrectionDocument:
    """The share corrected for annotators' errors, with the gold counts behind it."""

    apparent: float
    point: float
    low: float
    high: float
    gold: GoldCounts


@dataclass(frozen=True)
class AuditDocument:
    """How the audit was drawn and is judged; `threshold` as a fraction, such as 1/5."""

    id: int
    uuid: str
    name: str
    state: str
    run: int
    protocol: str
    size: int
    threshold: str
    comparison: str
    question: str
    design: str
    score: str | None
    policy: str
    seed: int
    overlap: int
    noise_kinds: list[str]
    criteria: dict[str, Any]
    frame_sha256: str


@dataclass(frozen=True)
class NoiseDocument(RatioDocument):
    """The noise ratio page as numbers."""

    sentence: str
    verdicts: dict[str, int]
    clusters: list[ClusterDocument]
    question_types: list[TypeDocument]
    resolved_by: dict[str, int]
    corrected: CorrectionDocument | None = field(
        metadata={"help_text": "by gold items, Lang–Reiczigel"}
    )
    growth: list[Look]
    audit: AuditDocument


def ratio_document(ratio: NoiseRatio) -> dict[str, Any]:
    """The noise ratio as plain values: what the command prints and every other door repeats."""
    return asdict(RatioDocument(**_ratio_fields(ratio)))


def noise_document(audit: Audit) -> dict[str, Any]:
    """Everything the noise ratio page shows, as plain values."""
    return asdict(noise_of(audit))


def noise_of(audit: Audit) -> NoiseDocument:
    """Everything the noise ratio page shows."""
    standing = standing_of(audit)
    return NoiseDocument(
        **_ratio_fields(standing.ratio),
        sentence=words.sentence(standing.ratio, audit.question),
        verdicts=standing.verdicts,
        clusters=[_cluster(each) for each in standing.by_cluster()],
        question_types=[_type(each) for each in standing.by_question_type()],
        resolved_by=standing.resolved_by,
        corrected=_correction(standing),
        growth=standing.growth(),
        audit=_audit(audit, standing.protocol.comparison),
    )


def _ratio_fields(ratio: NoiseRatio) -> dict[str, Any]:
    """Every field of a NoiseRatio belongs to the document, under its own name."""
    return dict(vars(ratio))


def _cluster(found: ClusterRatio) -> ClusterDocument:
    return ClusterDocument(found.cluster, found.claim, **asdict(found.ratio))


def _type(found: TypeRatio) -> TypeDocument:
    return TypeDocument(found.claim, **asdict(found.ratio))


def _correction(standing: Standing) -> CorrectionDocument | None:
    if standing.corrected is None:
        return None
    gold = asdict(standing.gold)
    del gold["annotator"]
    return CorrectionDocument(**asdict(standing.corrected), gold=GoldCounts(**gold))


def _audit(audit: Audit, comparison: str) -> AuditDocument:
    return AuditDocument(
        id=audit.pk,
        uuid=str(audit.uuid),
        name=audit.name,
        state=audit.state,
        run=audit.run_id,
        protocol=audit.protocol,
        size=audit.size,
        threshold=str(audit.threshold),
        comparison=comparison,
        question=audit.question,
        design=audit.design,
        score=None if audit.score is None else str(audit.score.uuid),
        policy=audit.policy,
        seed=audit.seed,
        overlap=audit.overlap,
        noise_kinds=audit.noise_kinds,
        criteria=audit.criteria,
        frame_sha256=audit.frame_sha256,
    )
