"""What every measure reads: a run's samples as columns, one entry per sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]

SPLITS = ("train", "val", "test", "ood")


@dataclass(frozen=True)
class Groups:
    """A column of names: `codes` (n) index `labels`; -1 where the record says nothing."""

    codes: Codes
    labels: tuple[str, ...]

    def counts(self, chosen: Bools | None = None) -> npt.NDArray[np.int64]:
        """Samples of each label, among `chosen` (n)."""
        kept = self.codes if chosen is None else self.codes[chosen]
        return np.bincount(kept[kept >= 0], minlength=len(self.labels)).astype(np.int64)

    def among(self, labels: Sequence[str]) -> Bools:
        """Which samples (n) carry one of `labels`."""
        wanted = [code for code, label in enumerate(self.labels) if label in set(labels)]
        return np.asarray(np.isin(self.codes, wanted))


@dataclass(frozen=True)
class Vectors:
    """Embeddings of some samples: `values` (m, d), float32, of the samples at `rows` (m)."""

    rows: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    # Image and text lie in one space (CLIP, SigLIP, given): only then is their cosine a similarity.
    one_space: bool = False


@dataclass(frozen=True)
class Samples:
    """One run, n samples in the order of the file; whatever the record lacks is absent, not zero.

    `position` (n): the sample's number in the run, ascending. `credit` (n): 0..1 by the run's
    scoring rule; `error` (n): credit below 0.5. `groups`: by column name, among them split,
    question_type, category, difficulty, template (or else mined_template, read off the questions),
    domain, cluster (error samples only), answer (the first reference, normalised) and any metadata
    column, as `meta.<name>`. `numbers` (n each, NaN where unknown): see NUMBERS. `losses`: (n,
    epochs), NaN where not recorded. `reference_counts` (n, k): how many people gave the commonest,
    second … reference answer, 0-padded. `state_vectors`: what the model's answer layer reads.
    """

    position: npt.NDArray[np.int64]
    credit: Floats
    error: Bools
    groups: Mapping[str, Groups] = field(default_factory=dict)
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    losses: Floats | None = None
    reference_counts: Floats | None = None
    image_vectors: Vectors | None = None
    text_vectors: Vectors | None = None
    state_vectors: Vectors | None = None

    def __len__(self) -> int:
        return len(self.position)

    def number(self, name: str) -> Floats | None:
        """A column of numbers; None where no sample has it."""
        found = self.numbers.get(name)
        return found if found is not None and np.isfinite(found).any() else None

    def group(self, name: str) -> Groups | None:
        """A column of names; None where no sample has it."""
        found = self.groups.get(name)
        return found if found is not None and (found.codes >= 0).any() else None

    def in_split(self, name: str) -> Bools:
        """Which samples (n) are in a split; none where the record has no splits."""
        split = self.groups.get("split")
        if split is None or name not in split.labels:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(split.codes == split.labels.index(name))

    def evaluated(self) -> Bools:
        """The samples (n) that an evaluation speaks of: all but training ones, or all."""
        rest = ~self.in_split("train")
        return rest if rest.any() else np.ones(len(self), dtype=bool)


# Numbers a run may carry, each with the field of the record that provides it.
NUMBERS: Mapping[str, str] = {
    "confidence": "confidence",
    "top_probability": "candidates",
    "top_margin": "candidates",
    "predictive_entropy": "candidates",
    # Place of a reference among the candidates, from 1; inf where candidates hold none.
    "reference_rank": "candidates",
    "candidate_count": "candidates",
    "reference_probability": "candidates",
    "image_only_credit": "image_only",
    "image_confidence": "image_only",
    "text_only_credit": "text_only",
    "text_confidence": "text_only",
    # 1 where that modality alone gave the model's own answer.
    "image_only_same": "image_only",
    "text_only_same": "text_only",
    "attention_entropy": "attention",
    "attention_in_box": "attention",
    "attention_hit": "attention",
    "localization_iou": "boxes",
    "predicted_box_iou": "predicted_box",
    "token_attention_divergence": "token_attention",
    "image_text_similarity": "image_embedding",
    # Cosine of the keywords with the best region of their picture, and of another, on average.
    "region_word_similarity": "region_embeddings",
    "region_word_mismatched": "region_embeddings",
    "mean_loss": "loss",
    "train_freq_of_template": "template",
    "domain_ood_score": "split",
    # Share of the question's words that no training question has.
    "question_novelty": "split",
    "question_words": "question",
    "neighbour_agreement": "answers",
    # Of a draw of training samples, in nats: diagnostics.influence.
    "self_influence": "hidden_state",
    "influence_on_errors": "hidden_state",
}
