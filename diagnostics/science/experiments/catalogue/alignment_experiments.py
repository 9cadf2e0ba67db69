"""Experiments on alignment: words that were never learnt, several right answers, places."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from diagnostics.science.experiments.catalogue import needs
from diagnostics.science.experiments.catalogue.experiment import (
    ExperimentKind,
    Planned,
    baseline,
    step,
)
from diagnostics.science.experiments.design.settings import Settings
from triage.science.words import gettext_noop

_AS_IS = gettext_noop("Trained as it is")
ROLES: Mapping[str, str] = {
    "question": gettext_noop("Question words taken out"),
    "content": gettext_noop("Words of content taken out"),
    "attribute": gettext_noop("Colours and other attributes taken out"),
    "place": gettext_noop("Words of place taken out"),
    "number": gettext_noop("Numbers taken out"),
}
_LOOKING = gettext_noop(
    "If the model does not find the place that an answer hangs on, showing it should help."
)


def _contrastive(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    words = gettext_noop("Regions and words of their question drawn together")
    expect = gettext_noop("If words are not tied to what is seen, tying them should help.")
    return control, step(
        control, "contrastive", words, "gain", expect, decides=True, contrastive=True
    )


def _knowledge(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    words = gettext_noop("Questions also asked in the glossary's words")
    expect = gettext_noop("If words are unknown to the model, teaching them should help.")
    return control, step(control, "knowledge", words, "gain", expect, decides=True, knowledge=True)


def _ablation(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, gettext_noop("Questions as they are"))
    expect = gettext_noop(
        "If the questions leave several answers open, these words settle little: without them "
        "accuracy should stay as it is."
    )
    steps = [
        step(
            control,
            f"without_{role}",
            words,
            "flat",
            expect,
            decides=role == "content",
            deleted=role,
        )
        for role, words in ROLES.items()
    ]
    return (control, *steps)


def _several(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, gettext_noop("One right answer, in training and in testing"))
    scored = step(
        control,
        "scored",
        gettext_noop("Held to every answer that people accepted"),
        "gain",
        gettext_noop("If several answers are right, many errors are none once all of them count."),
        decides=True,
        scored="accepted",
    )
    trained = step(
        scored,
        "trained",
        gettext_noop("Trained with every right answer as well"),
        "gain",
        gettext_noop("If several answers are right, training with all of them should help."),
        answers="all",
    )
    return control, scored, trained


def _probe(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(
        replace(base, placed=False), gettext_noop("The model is not told where a region lies")
    )
    told = step(
        control,
        "placed",
        gettext_noop("The model is told where a region lies"),
        "gain",
        gettext_noop("If places are what is missing, knowing them should help."),
        decides=True,
        placed=True,
    )
    return control, told


def _relations(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    words = gettext_noop("Trained to say where the true box lies")
    expect = gettext_noop("If relations in space are not learnt, teaching them should help.")
    return control, step(control, "relations", words, "gain", expect, decides=True, relations=True)


def _attention(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    words = gettext_noop("Attention supervised with the true boxes")
    return control, step(control, "attended", words, "gain", _LOOKING, decides=True, attended=True)


EXPERIMENTS = (
    ExperimentKind(
        name="contrastive",
        cause="semantic",
        title=gettext_noop("Regions and keywords, contrasted"),
        why=gettext_noop(
            "Draws each region to the words of its own question and away from those of others."
        ),
        factor=gettext_noop("a contrastive loss between regions and words"),
        expect=gettext_noop("Accuracy rises, most on questions whose words are rare."),
        plan=_contrastive,
        needs=(needs.REGIONS,),
    ),
    ExperimentKind(
        name="knowledge",
        cause="semantic",
        title=gettext_noop("Knowledge-augmented training"),
        why=gettext_noop(
            "Asks the training questions in other words too, by a glossary that the team wrote."
        ),
        factor=gettext_noop("the wording of training questions"),
        expect=gettext_noop("Accuracy rises on questions that use the other words."),
        plan=_knowledge,
        needs=(needs.GLOSSARY,),
    ),
    ExperimentKind(
        name="context_ablation",
        cause="ambiguity",
        title=gettext_noop("Context ablation"),
        why=gettext_noop(
            "Takes words of one role out of the tested questions: which words carry the answer?"
        ),
        factor=gettext_noop("the words that are taken out of tested questions"),
        expect=gettext_noop(
            "Where questions leave the answer open, taking words out costs little; where it costs "
            "much, those words carry the answer."
        ),
        plan=_ablation,
        needs=(needs.WORDS,),
    ),
    ExperimentKind(
        name="several_answers",
        cause="ambiguity",
        title=gettext_noop("Several right answers"),
        why=gettext_noop(
            "Holds predictions to all answers that people accepted, then trains with all of them."
        ),
        factor=gettext_noop("the answers that count as right: in testing, then in training"),
        expect=gettext_noop("Near misses turn out right; training with all answers adds to it."),
        plan=_several,
        needs=(needs.SEVERAL_ANSWERS,),
    ),
    ExperimentKind(
        name="localization_probe",
        cause="spatial",
        title=gettext_noop("Localisation probe"),
        why=gettext_noop(
            "Has the model choose the answer's box among all regions, with and without knowing "
            "where they lie."
        ),
        factor=gettext_noop("whether the model knows where a region lies"),
        expect=gettext_noop(
            "Accuracy on questions for a place rises with places; the box is hit more often than "
            "by chance."
        ),
        plan=_probe,
        needs=(needs.REGIONS, needs.TESTED_BOXES),
        focus="place",
    ),
    ExperimentKind(
        name="relations",
        cause="spatial",
        title=gettext_noop("Relation supervision"),
        why=gettext_noop("Teaches the model on which side what it is asked about lies."),
        factor=gettext_noop("a loss for where the true box lies"),
        expect=gettext_noop("Accuracy rises on questions for a place."),
        plan=_relations,
        needs=(needs.REGIONS, needs.BOXES),
        focus="place",
    ),
    ExperimentKind(
        name="attention",
        cause="spatial",
        title=gettext_noop("Attention supervision"),
        why=gettext_noop("Teaches the model to look at the true box."),
        factor=gettext_noop("a loss for where the model looks"),
        expect=gettext_noop("Accuracy rises where the model looked elsewhere."),
        plan=_attention,
        needs=(needs.REGIONS, needs.BOXES),
        focus="place",
    ),
)
