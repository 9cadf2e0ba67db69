"""What the page shows on which an experiment is designed."""

from dataclasses import replace
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from annotations.curation import CORRECTED, DROPPED, Recipe
from annotations.scoring_runs import latest_score
from diagnostics import judged_samples
from diagnostics.experiment_forms import ExperimentForm, has_verdicts
from diagnostics.experimenting import source_of
from diagnostics.experiments.material import Material
from diagnostics.experiments.settings import Settings, differences
from diagnostics.glossary_text import GlossaryUnreadable, read_glossary
from triage.models import Run

# What each factor is called where an arm changes it.
FACTORS = {
    "curation": gettext_noop("the training set"),
    "weighting": gettext_noop("weights of training samples"),
    "injected": gettext_noop("share of wrong training answers"),
    "audited_only": gettext_noop("only what people found clean"),
    "knowledge": gettext_noop("the glossary’s words in training"),
    "answers": gettext_noop("right answers in training"),
    "augmented": gettext_noop("varied pictures"),
    "shots": gettext_noop("samples of the target domain"),
    "reserved": gettext_noop("samples of the target domain kept apart"),
    "placed": gettext_noop("where a region lies is known"),
    "relations": gettext_noop("relations are taught"),
    "attended": gettext_noop("attention is supervised"),
    "contrastive": gettext_noop("regions and words contrasted"),
    "dropped_image": gettext_noop("share of pictures blanked in training"),
    "dropped_text": gettext_noop("share of questions blanked in training"),
    "imputed": gettext_noop("what is missing is filled in"),
    "scored": gettext_noop("answers that count as right"),
    "deleted": gettext_noop("words taken out of questions"),
    "blanked_image": gettext_noop("share of pictures blanked in testing"),
    "blanked_text": gettext_noop("share of questions blanked in testing"),
    "tested_on": gettext_noop("what is tested on"),
}
VALUES = {
    "none": gettext_noop("as it is"),
    "curated": gettext_noop("cleaned"),
    "random": gettext_noop("smaller at random"),
    "mismatch": gettext_noop("mismatch score"),
    "loss": gettext_noop("training loss"),
    "first": gettext_noop("the first"),
    "all": gettext_noop("all"),
    "references": gettext_noop("the references"),
    "accepted": gettext_noop("all accepted"),
    "own": gettext_noop("this run"),
    "other": gettext_noop("the other run"),
    "": gettext_noop("none"),
    "question": gettext_noop("question words"),
    "content": gettext_noop("words of content"),
    "attribute": gettext_noop("attributes"),
    "place": gettext_noop("words of place"),
    "number": gettext_noop("numbers"),
}


def kind_named(name: str) -> Any:
    """The experiment of that name in the registry. Raises Http404."""
    from diagnostics.experiments.registry import BY_NAME

    if name not in BY_NAME:
        raise Http404
    return BY_NAME[name]


def context(run: Run, kind: Any, form: ExperimentForm) -> dict[str, Any]:
    """The page: arms, needs, form."""
    return {
        "run": run,
        "kind": kind,
        "form": form,
        "verdicts": has_verdicts(run),
        "simple_fields": ["seeds"],
        **checked(run, kind, form),
    }


def checked(run: Run, kind: Any, form: ExperimentForm) -> dict[str, Any]:
    """The part that follows what is chosen: arms, what is there, what the curated set decides."""
    try:
        material, problem = outline(run, form), ""
    except (judged_samples.CuratedSetUnreadable, GlossaryUnreadable) as reason:
        material, problem = None, str(reason)
    needs = _needs(run, kind, form, material) if material is not None else []
    return {
        "run": run,
        "kind": kind,
        "problem": problem,
        "arms": arms_of(kind, form.chosen_options()),
        "needs": needs,
        "lacking": [each for each in needs if not each["there"]],
        "curated": _decided(material),
    }


def outline(run: Run, form: ExperimentForm) -> Material:
    """What an experiment with these choices would find, without describing a picture.

    Raises CuratedSetUnreadable, GlossaryUnreadable.
    """
    from diagnostics.gathering_material import outline_material

    target = form.chosen_target()
    found = outline_material(
        source_of(run), target=source_of(target) if target is not None else None
    )
    curated = form.chosen_set()
    said = judged_samples.judged_samples(
        run, curated, latest_score(run), Recipe() if form.freezes_now() else None
    )
    glossary = read_glossary(form.chosen_glossary())
    return replace(judged_samples.with_people(found, said), glossary=glossary)


def _needs(run: Run, kind: Any, form: ExperimentForm, material: Material) -> list[dict[str, Any]]:
    """Everything that it needs, whether it is there, and where to get what is missing."""
    from diagnostics.experiments.registry import missing, needed

    lacking = missing(kind, material, form.chosen_options())
    return [
        {"need": each, "there": each not in lacking, "address": _address(run, each.name)}
        for each in needed(kind, form.chosen_options())
    ]


def _address(run: Run, need: str) -> str:
    """Where a person gets what an experiment needs; empty where only another file helps."""
    pages = {
        "curated": "annotations:cleaning",
        "suspicion": "annotations:cleaning",
        "clean": "annotations:cleaning",
        "accepted": "annotations:audit-new",
    }
    return reverse(pages[need], args=[run.pk]) if need in pages else ""


def _decided(material: Material | None) -> dict[str, Any] | None:
    """What the curated set decides on in training, and in evaluation."""
    if material is None or material.curated is None:
        return None
    decision, train = material.curated.decision, material.trained()
    return {
        "dropped": int((decision[train] == DROPPED).sum()),
        "corrected": int((decision[train] == CORRECTED).sum()),
        "tested": int((decision[material.tested()] != "kept").sum()),
    }


def arms_of(kind: Any, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Every arm: the one factor that it changes against its control, from what to what."""
    planned = kind.planned(Settings(), options)
    settings = {each.arm.name: each.arm for each in planned}
    rows = []
    for each in planned:
        control = settings.get(each.arm.control)
        factor = differences(control.settings, each.arm.settings)[0] if control else ""
        rows.append(
            {
                "arm": each.arm,
                "control": control,
                "factor": factor,
                "factor_words": factor_words(factor),
                "before": value_words(getattr(control.settings, factor)) if control else "",
                "after": value_words(getattr(each.arm.settings, factor)) if control else "",
                "expectation": each.expectation,
                "decides": each.decides,
            }
        )
    return rows


def factor_words(factor: str) -> str:
    """A factor as a reader knows it."""
    return _(FACTORS[factor]) if factor in FACTORS else factor


def value_words(value: Any) -> str:
    """The value of a factor as a reader knows it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{100 * value:g} %"
    if value == -1:
        return _("all")
    return _(VALUES[value]) if value in VALUES else str(value)
