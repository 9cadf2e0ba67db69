"""Experiments on noise: cleaning, reweighting, both, and noise put in; and the control group."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from diagnostics.science.experiments.catalogue import needs
from diagnostics.science.experiments.catalogue.experiment import (
    ExperimentKind,
    Option,
    Planned,
    baseline,
    step,
)
from diagnostics.science.experiments.design.settings import Settings
from triage.science.words import gettext_noop

_AS_IS = gettext_noop("Trained on everything, as it is")
_CLEANED = gettext_noop("Trained on the cleaned set")
_WEIGHTED = gettext_noop("Suspicious samples count less in training")
_GAIN = gettext_noop("If noise is a cause, training without it should raise accuracy.")
_LESS_WEIGHT = gettext_noop("If noise is a cause, giving it less weight should raise accuracy.")
_WEIGHTING = Option(
    "weighting",
    gettext_noop("What tells suspicious samples: the mismatch score, or the training loss"),
    "mismatch",
    ("mismatch", "loss"),
)
INJECTED: Mapping[float, str] = {
    0.1: gettext_noop("A tenth of the training answers replaced at random"),
    0.2: gettext_noop("A fifth of the training answers replaced at random"),
    0.4: gettext_noop("Two fifths of the training answers replaced at random"),
}


def _cleaning(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    flat = gettext_noop("Dropping as many samples at random should not help, or the size did it.")
    return (
        control,
        step(
            control,
            "random",
            gettext_noop("As many samples dropped at random"),
            "flat",
            flat,
            curation="random",
        ),
        step(control, "cleaned", _CLEANED, "gain", _GAIN, decides=True, curation="curated"),
    )


def _reweighting(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    by = options["weighting"]
    return (
        control,
        step(control, "weighted", _WEIGHTED, "gain", _LESS_WEIGHT, decides=True, weighting=by),
    )


def _both(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    cleaned = step(control, "cleaned", _CLEANED, "gain", _GAIN, decides=True, curation="curated")
    weighted = step(
        control, "weighted", _WEIGHTED, "gain", _LESS_WEIGHT, weighting=options["weighting"]
    )
    rest = gettext_noop("If cleaning found the noise, little is left for weights to add.")
    words = gettext_noop("Cleaned, and what is left weighted")
    both = step(cleaned, "both", words, "flat", rest, weighting=options["weighting"])
    return control, cleaned, weighted, both


def _injection(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(
        replace(base, audited_only=True), gettext_noop("Trained on what people found clean")
    )
    falls = gettext_noop("If noise harms this task, accuracy should fall as more is put in.")
    steps = [
        step(
            control,
            f"injected_{round(100 * share)}",
            words,
            "loss",
            falls,
            decides=share == max(INJECTED),
            injected=share,
        )
        for share, words in INJECTED.items()
    ]
    return (control, *steps)


def _control_group(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, gettext_noop("Neither fix"))
    attended = step(
        control,
        "attended",
        gettext_noop("Attention supervised with the true boxes"),
        "gain",
        gettext_noop("If alignment is a cause, looking at the right place should raise accuracy."),
        attended=True,
    )
    cleaned = step(control, "cleaned", _CLEANED, "gain", _GAIN, decides=True, curation="curated")
    both = step(
        cleaned,
        "both",
        gettext_noop("Cleaned, and attention supervised"),
        "gain",
        gettext_noop("If both are causes, the second fix should add to the first."),
        attended=True,
    )
    return control, attended, cleaned, both


EXPERIMENTS = (
    ExperimentKind(
        name="cleaning",
        cause="noise",
        title=gettext_noop("Sample cleaning"),
        why=gettext_noop(
            "Trains without the samples that people dropped and with the answers that they "
            "corrected, and with as many dropped at random."
        ),
        factor=gettext_noop("the training set: as it is, cleaned, or smaller at random"),
        expect=gettext_noop("Accuracy rises on the cleaned set, and not on the smaller one."),
        plan=_cleaning,
        needs=(needs.CURATED,),
    ),
    ExperimentKind(
        name="reweighting",
        cause="noise",
        title=gettext_noop("Reweighting"),
        why=gettext_noop(
            "Lets samples count less in training the more suspicious they are; none is dropped."
        ),
        factor=gettext_noop("the weights of training samples"),
        expect=gettext_noop("Accuracy rises when suspicious samples count less."),
        plan=_reweighting,
        needs=(needs.SUSPICION,),
        options=(_WEIGHTING,),
    ),
    ExperimentKind(
        name="cleaning_and_reweighting",
        cause="noise",
        title=gettext_noop("Cleaning and reweighting"),
        why=gettext_noop(
            "Tells whether weights add anything to cleaning, or do the same work without people."
        ),
        factor=gettext_noop("the training set, then its weights: one at a time"),
        expect=gettext_noop("Each raises accuracy alone; together they add little."),
        plan=_both,
        needs=(needs.CURATED, needs.SUSPICION),
        options=(_WEIGHTING,),
    ),
    ExperimentKind(
        name="noise_injection",
        cause="noise",
        title=gettext_noop("Noise injection"),
        why=gettext_noop(
            "Puts a known share of wrong answers into what people found clean: how much does noise "
            "cost here at all?"
        ),
        factor=gettext_noop("the share of training answers that are replaced"),
        expect=gettext_noop("Accuracy falls as the share grows."),
        plan=_injection,
        needs=(needs.CLEAN,),
    ),
    ExperimentKind(
        name="control_group",
        cause="noise",
        title=gettext_noop("Control group: attention, cleaning, both"),
        why=gettext_noop(
            "Holds the fix of the data against the fix of the model, each alone and both together."
        ),
        factor=gettext_noop("attention supervision, then the training set: one at a time"),
        expect=gettext_noop(
            "The fix of the true cause raises accuracy, with or without the other."
        ),
        plan=_control_group,
        needs=(needs.CURATED, needs.BOXES),
    ),
)
