"""Rules that name the cause of an error sample: readable, in one table, with editable thresholds.

A rule fires where all its conditions hold; evidence that is absent never fires a rule. Of the rules
that fire, the strongest names the cause, and rules of one cause that fire together strengthen it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from diagnostics.science.causes.catalogue import NAMES, UNDETERMINED
from diagnostics.science.causes.evidence import Evidence
from diagnostics.science.measures.samples import Bools, Floats
from triage.science.words import gettext_noop as _

Sign = Literal["at least", "at most"]


@dataclass(frozen=True)
class Threshold:
    """A number that rules compare with; a lead may set another."""

    name: str
    default: float
    words: str
    low: float
    high: float


@dataclass(frozen=True)
class Condition:
    """`column` is at least or at most the threshold of that name."""

    column: str
    sign: Sign
    threshold: str


@dataclass(frozen=True)
class Rule:
    """Conditions that speak for a cause, how strongly (0..1), and the sentence that says why."""

    name: str
    cause: str
    conditions: tuple[Condition, ...]
    strength: float
    sentence: str


THRESHOLDS: tuple[Threshold, ...] = (
    Threshold("sure", 0.7, _("the model is sure from this probability on"), 0.3, 1.0),
    Threshold(
        "as_when_right",
        0.3,
        _("as sure as when it is right, from this share on"),
        0.0,
        0.9,
    ),
    Threshold("unlikely", 0.3, _("the reference is unlikely up to this probability"), 0.0, 0.5),
    Threshold("likely", 0.08, _("the reference is likely from this probability on"), 0.0, 0.9),
    Threshold("near_top", 3.0, _("the reference is near the top up to this place"), 2.0, 10.0),
    Threshold("close", 0.6, _("candidates are close up to this difference"), 0.0, 0.9),
    Threshold(
        "wavers",
        0.5,
        _("the model wavers between places up to this difference"),
        0.0,
        0.9,
    ),
    Threshold("far", 99.0, _("far away from this percentile of distance on"), 80.0, 100.0),
    Threshold("rare", 4.0, _("a template is rare up to this many training samples"), 0.0, 100.0),
    Threshold(
        "learnt",
        0.25,
        _("a question type is learnt up to this training error"),
        0.0,
        0.5,
    ),
    Threshold(
        "new_words",
        0.05,
        _("a question is new from this share of new words on"),
        0.01,
        1.0,
    ),
    Threshold(
        "resists",
        -0.5,
        _("a training sample resists up to this mean margin"),
        -20.0,
        5.0,
    ),
    Threshold("off_target", 0.03, _("the model looks elsewhere up to this overlap"), 0.0, 0.5),
    Threshold(
        "no_effect",
        0.001,
        _("a modality changes nothing up to this probability"),
        0.0,
        0.5,
    ),
    Threshold(
        "cut",
        0.5,
        _("a question is cut short up to this share of usual words"),
        0.0,
        0.9,
    ),
    Threshold(
        "divided",
        0.5,
        _("people are divided up to this share of the commonest"),
        0.0,
        0.9,
    ),
    Threshold(
        "lonely",
        0.1,
        _("a reference is lonely up to this share of like samples"),
        0.0,
        0.5,
    ),
    Threshold("yes", 1.0, _("a property that is there"), 1.0, 1.0),
)
DEFAULTS: Mapping[str, float] = {each.name: each.default for each in THRESHOLDS}


def _at_least(column: str, threshold: str) -> Condition:
    return Condition(column, "at least", threshold)


def _at_most(column: str, threshold: str) -> Condition:
    return Condition(column, "at most", threshold)


RULES: tuple[Rule, ...] = (
    Rule(
        "image_says_nothing",
        "missing_modality",
        (_at_most("image_effect", "no_effect"),),
        0.9,
        _("The answer is the same, and as sure, without the image."),
    ),
    Rule(
        "text_says_nothing",
        "missing_modality",
        (_at_most("text_effect", "no_effect"),),
        0.9,
        _("The answer is the same, and as sure, without the question."),
    ),
    Rule(
        "cut_short",
        "missing_modality",
        (_at_most("words_left", "cut"),),
        0.9,
        _("The question has half the words, or fewer, that questions of its type have."),
    ),
    Rule(
        "new_words",
        "semantic",
        (_at_least("question_novelty", "new_words"),),
        0.85,
        _("The question uses words that no training question had."),
    ),
    Rule(
        "place_unsure",
        "spatial",
        (_at_least("asks_for_place", "yes"), _at_most("top_margin", "wavers")),
        0.8,
        _("It asks for a place, and the model wavers between places."),
    ),
    Rule(
        "place_not_found",
        "spatial",
        (_at_least("asks_for_place", "yes"), _at_most("localization_iou", "off_target")),
        0.6,
        _("It asks for a place, and the model looks elsewhere."),
    ),
    Rule(
        "far_from_training",
        "generalisation",
        (_at_least("domain_ood_score", "far"),),
        0.75,
        _("It lies farther from the training samples than nearly all of them from each other."),
    ),
    Rule(
        "another_domain",
        "generalisation",
        (_at_least("out_of_domain", "yes"),),
        0.7,
        _("It is from a domain that training did not have."),
    ),
    Rule(
        "rare_template",
        "generalisation",
        (_at_most("train_freq_of_template", "rare"),),
        0.65,
        _("Training had almost no question of this template."),
    ),
    Rule(
        "people_are_divided",
        "ambiguity",
        (_at_most("people_agree", "divided"),),
        0.7,
        _("People gave different reference answers."),
    ),
    Rule(
        "sure_of_another",
        "noise",
        (
            _at_least("confidence", "sure"),
            _at_least("sureness", "as_when_right"),
            _at_most("reference_probability", "unlikely"),
        ),
        0.6,
        _("The model is as sure of another answer as it is when it is right."),
    ),
    Rule(
        "never_learnt",
        "noise",
        (
            _at_most("training_margin", "resists"),
            _at_most("type_train_error", "learnt"),
        ),
        0.6,
        _("A training sample that stayed unlearnt while others of its type were learnt."),
    ),
    Rule(
        "lonely_reference",
        "noise",
        (_at_most("neighbour_agreement", "lonely"), _at_least("confidence", "sure")),
        0.5,
        _("Samples like it have other reference answers, and the model is sure."),
    ),
    Rule(
        "close_second",
        "ambiguity",
        (
            _at_least("reference_probability", "likely"),
            _at_most("reference_rank", "near_top"),
            _at_most("top_margin", "close"),
        ),
        0.5,
        _("The reference is among the first candidates, and the first is not far ahead."),
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}


@dataclass(frozen=True)
class Named:
    """For each error sample (m): its cause, how strongly (0..1), and the rule that says why."""

    causes: npt.NDArray[np.str_]
    strengths: Floats
    rules: npt.NDArray[np.str_]


def name_causes(evidence: Evidence, thresholds: Mapping[str, float] = DEFAULTS) -> Named:
    """Name the cause of every error sample. Raises KeyError for a threshold that is missing."""
    fired = np.column_stack([fires(rule, evidence, thresholds) for rule in RULES])
    own = np.array([rule.strength for rule in RULES])
    support = np.zeros((len(evidence), len(NAMES)))
    for index, cause in enumerate(NAMES):
        of_cause = np.array([rule.cause == cause for rule in RULES])
        # Independent pieces of evidence: what is left of doubt is multiplied.
        doubt = np.where(fired[:, of_cause], 1.0 - own[of_cause], 1.0).prod(axis=1)
        support[:, index] = 1.0 - doubt
    best = support.argmax(axis=1)
    strengths = support[np.arange(len(evidence)), best] if len(evidence) else np.zeros(0)
    causes = np.where(strengths > 0, np.array(NAMES)[best], UNDETERMINED)
    return Named(causes, strengths, _strongest(fired, own, causes))


def fires(rule: Rule, evidence: Evidence, thresholds: Mapping[str, float] = DEFAULTS) -> Bools:
    """Where (m) all conditions of a rule hold."""
    held = np.ones(len(evidence), dtype=bool)
    for condition in rule.conditions:
        values, limit = evidence.columns[condition.column], thresholds[condition.threshold]
        # A comparison with NaN is false: absent evidence never fires a rule.
        held &= values >= limit if condition.sign == "at least" else values <= limit
    return held


def _strongest(fired: Bools, own: Floats, causes: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """The strongest fired rule of each sample's cause; empty where it has none."""
    of_rule = np.array([rule.cause for rule in RULES])
    telling = np.where(fired & (of_rule[None, :] == causes[:, None]), own[None, :], -1.0)
    names = np.array([rule.name for rule in RULES])[telling.argmax(axis=1)]
    return np.where(telling.max(axis=1, initial=-1.0) > 0, names, "")
