"""What speaks for one cause or another on each error sample, as columns of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diagnostics.science.measures.noise_signals import mean_margin
from diagnostics.science.measures.places import asks_for_place
from diagnostics.science.measures.samples import Bools, Floats, Groups, Samples
from triage.science.words import gettext_noop

# A question type is judged by at least this many samples.
LEAST = 20


@dataclass(frozen=True)
class Column:
    """One piece of evidence: what it says, and the field of the record that it needs."""

    name: str
    description: str
    needs: str


COLUMNS: tuple[Column, ...] = (
    Column("confidence", gettext_noop("probability of the model's answer"), "confidence"),
    Column(
        "sureness",
        gettext_noop("share of the type's right answers that the model was less sure of"),
        "confidence",
    ),
    Column(
        "reference_probability",
        gettext_noop("probability that the model gave the reference"),
        "candidates",
    ),
    Column(
        "top_margin", gettext_noop("probability of the best candidate minus the next"), "candidates"
    ),
    Column(
        "reference_rank", gettext_noop("place of the reference among the candidates"), "candidates"
    ),
    Column(
        "predictive_entropy",
        gettext_noop("entropy of the candidates: 0 sure, 1 flat"),
        "candidates",
    ),
    Column("training_margin", gettext_noop("area under the margin in training"), "loss"),
    Column(
        "domain_ood_score",
        gettext_noop("distance from the training samples, as their percentile"),
        "split",
    ),
    Column(
        "train_freq_of_template",
        gettext_noop("training samples of the question's template"),
        "template",
    ),
    Column(
        "question_novelty",
        gettext_noop("share of the question's words that training hardly has"),
        "split",
    ),
    Column(
        "out_of_domain", gettext_noop("1 in a split that is out of the training's domain"), "split"
    ),
    Column(
        "asks_for_place",
        gettext_noop("1 where the question asks for a place or relation"),
        "question_type",
    ),
    Column(
        "localization_iou",
        gettext_noop("overlap of where the model looks with the true box"),
        "boxes",
    ),
    Column(
        "attention_in_box", gettext_noop("share of the attention inside the true boxes"), "boxes"
    ),
    Column(
        "attention_entropy",
        gettext_noop("spread of the attention: 0 focused, 1 uniform"),
        "attention",
    ),
    Column(
        "type_error", gettext_noop("error rate of the question type in evaluation"), "question_type"
    ),
    Column(
        "other_types_error", gettext_noop("error rate of the other question types"), "question_type"
    ),
    Column(
        "type_train_error",
        gettext_noop("error rate of the question type in training"),
        "question_type",
    ),
    Column(
        "image_effect",
        gettext_noop("how much the answer's probability changes when the image is blanked"),
        "text_only",
    ),
    Column(
        "text_effect",
        gettext_noop("how much the answer's probability changes when the text is blanked"),
        "image_only",
    ),
    Column(
        "words_left", gettext_noop("words of the question, over the median of its type"), "question"
    ),
    Column("image_text_similarity", gettext_noop("cosine of image and text"), "image_embedding"),
    Column(
        "neighbour_agreement",
        gettext_noop("share of like samples with the same reference"),
        "answers",
    ),
    Column(
        "people_agree", gettext_noop("share of people who gave the commonest reference"), "answers"
    ),
)
NAMES = tuple(column.name for column in COLUMNS)
# The six features of every error sample, in the order of the method; those that are no evidence
# by themselves are stored and shown beside it.
SIX = (
    "image_confidence",
    "text_confidence",
    "attention_entropy",
    "localization_iou",
    "train_freq_of_template",
    "domain_ood_score",
)
BY_NAME = {column.name: column for column in COLUMNS}


@dataclass(frozen=True)
class Evidence:
    """Error samples (m) at `rows` of the run, and their columns (m each, NaN where unknown)."""

    rows: npt.NDArray[np.int64]
    columns: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.rows)

    def table(self) -> Floats:
        """All columns side by side, in the order of NAMES: (m, k)."""
        return np.column_stack([self.columns[name] for name in NAMES])


def evidence_of(samples: Samples) -> Evidence:
    """The evidence on every error sample of a run."""
    whole: dict[str, Floats] = {
        **{name: samples.numbers[name] for name in NAMES if name in samples.numbers},
        "training_margin": _training_margin(samples),
        "out_of_domain": samples.in_split("ood").astype(np.float64),
        "image_effect": _effect(samples, "text_only"),
        "text_effect": _effect(samples, "image_only"),
        "people_agree": _people_agree(samples),
        "confidence": _confidence(samples),
        "sureness": _sureness(samples),
        "words_left": _words_left(samples),
        **_by_type(samples),
    }
    if samples.group("split") is None:
        whole["out_of_domain"] = _unknown(samples)
    rows = np.flatnonzero(samples.error).astype(np.int64)
    columns = {name: whole.get(name, _unknown(samples))[rows] for name in NAMES}
    return Evidence(rows, columns)


def _unknown(samples: Samples) -> Floats:
    return np.full(len(samples), np.nan)


def _confidence(samples: Samples) -> Floats:
    """Probability of the model's answer (n), from the record or its candidates."""
    own = samples.number("confidence")
    return own if own is not None else samples.numbers.get("top_probability", _unknown(samples))


def _sureness(samples: Samples) -> Floats:
    """Share of the right answers of the sample's type and side that are at most as sure (n).

    A side is training or evaluation. Where the model is sure of all it says, 0.9 means nothing:
    the place among its right answers does.
    """
    confidence, found = _confidence(samples), _unknown(samples)
    types = samples.group("question_type")
    codes = types.codes if types is not None else np.zeros(len(samples), dtype=np.int32)
    trained = samples.in_split("train")
    for code in np.unique(codes):
        for side in (trained, ~trained):
            here = (codes == code) & side & np.isfinite(confidence)
            right = np.sort(confidence[here & ~samples.error])
            if len(right) >= LEAST:
                found[here] = np.searchsorted(right, confidence[here], "right") / len(right)
    return found


def _words_left(samples: Samples) -> Floats:
    """Words of the question (n) over the median of its type; NaN without question types."""
    words, types = samples.number("question_words"), samples.group("question_type")
    if words is None or types is None:
        return _unknown(samples)
    medians = np.full(len(types.labels), np.nan)
    for code in range(len(types.labels)):
        here = words[(types.codes == code) & np.isfinite(words)]
        if len(here) >= LEAST:
            medians[code] = np.median(here)
    return words / spread(types, medians)


def _training_margin(samples: Samples) -> Floats:
    found = _unknown(samples)
    if samples.losses is not None:
        known = np.isfinite(samples.losses).any(axis=1)
        found[known] = mean_margin(samples.losses[known])
    return found


def _effect(samples: Samples, alone: str) -> Floats:
    """Change of the answer's probability when only `alone` is seen; 1 where the answer changes."""
    same = samples.numbers.get(f"{alone}_same", _unknown(samples))
    name = "text_confidence" if alone == "text_only" else "image_confidence"
    change = np.abs(_confidence(samples) - samples.numbers.get(name, _unknown(samples)))
    return np.where(same == 0, 1.0, np.where(np.isnan(same), np.nan, change))


def _people_agree(samples: Samples) -> Floats:
    if samples.reference_counts is None:
        return _unknown(samples)
    given = samples.reference_counts.sum(axis=1)
    best = samples.reference_counts[:, 0]
    return np.asarray(np.divide(best, given, out=_unknown(samples), where=given > 1))


def _by_type(samples: Samples) -> dict[str, Floats]:
    """How the sample's question type fares, in training and evaluation, beside the other types."""
    types = samples.group("question_type")
    if types is None:
        return {}
    evaluated, trained = samples.evaluated(), samples.in_split("train")
    rates, counts = error_rates(types, samples.error, evaluated)
    train_rates, _ = error_rates(types, samples.error, trained)
    wrong = np.nan_to_num(rates) * counts
    others = counts.sum() - counts
    rest = np.divide(
        wrong.sum() - wrong, others, out=np.full(len(counts), np.nan), where=others >= LEAST
    )
    return {
        "type_error": spread(types, rates),
        "type_train_error": spread(types, train_rates),
        "other_types_error": spread(types, rest),
        "asks_for_place": np.where(types.codes >= 0, asks_for_place(samples), np.nan),
    }


def error_rates(groups: Groups, error: Bools, chosen: Bools) -> tuple[Floats, Floats]:
    """Error rate of each label among `chosen` (NaN below 20 samples), and its samples."""
    counts = groups.counts(chosen).astype(np.float64)
    wrong = groups.counts(chosen & error).astype(np.float64)
    rates = np.divide(wrong, counts, out=np.full(len(counts), np.nan), where=counts >= LEAST)
    return rates, counts


def spread(groups: Groups, values: Floats) -> Floats:
    """A number per label as a number per sample (n); NaN where the sample has no label."""
    return np.where(groups.codes >= 0, values[groups.codes], np.nan)
