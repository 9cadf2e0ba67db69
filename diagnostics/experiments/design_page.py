"""What the page shows on which an experiment is designed."""

from typing import Any

from django.http import Http404
from django.urls import reverse

from annotations.science.curation.curation import CORRECTED, DROPPED
from diagnostics.experiments import judged_samples
from diagnostics.experiments import needs as experiment_needs
from diagnostics.experiments.forms import ExperimentForm, has_verdicts
from diagnostics.science.experiments.catalogue.registry import BY_NAME, missing, needed
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.settings import Settings, differences
from diagnostics.science.experiments.material.glossary_text import GlossaryUnreadable
from diagnostics.templatetags.measured import factor_words, value_words
from triage.models import Run


def kind_named(name: str) -> Any:
    """The experiment of that name in the registry. Raises Http404."""
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
        material, problem = experiment_needs.outline(run, form.so_far()), ""
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


def _needs(run: Run, kind: Any, form: ExperimentForm, material: Material) -> list[dict[str, Any]]:
    """Everything that it needs, whether it is there, and where to get what is missing."""
    chosen = form.chosen_options(), str(form["trainer"].value() or "")
    lacking = missing(kind, material, *chosen)
    return [
        {"need": each, "there": each not in lacking, "address": _address(run, each.name)}
        for each in needed(kind, *chosen)
    ]


def _address(run: Run, need: str) -> str:
    """Where a person gets what an experiment needs; empty where only another file helps."""
    pages = {
        "curated": "annotations:cleaning",
        "suspicion": "annotations:cleaning",
        "clean": "annotations:cleaning",
        "accepted": "annotations:audit-new",
    }
    if need not in pages:
        return ""
    query = "?question=top_five" if need == "accepted" else ""
    return reverse(pages[need], args=[run.pk]) + query


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
