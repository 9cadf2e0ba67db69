"""Every experiment there is: by cause, with what it needs and what to expect."""

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.science.experiments.catalogue import (
    alignment_experiments,
    modality_experiments,
    noise_experiments,
)
from diagnostics.science.experiments.catalogue.experiment import ExperimentKind, Need, Option
from diagnostics.science.experiments.catalogue.needs import (
    ALWAYS,
    LOSSES,
    MISSING,
    PICTURES,
    REGIONS,
    SUSPICION,
    VARIED,
)
from diagnostics.science.experiments.design.claims import Expectation
from diagnostics.science.experiments.design.design import USUAL_SEEDS, Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.settings import Settings

__all__ = [
    "BY_NAME",
    "EXPERIMENTS",
    "ExperimentKind",
    "Need",
    "Option",
    "design",
    "missing",
    "needed",
]

EXPERIMENTS: tuple[ExperimentKind, ...] = (
    *noise_experiments.EXPERIMENTS,
    *alignment_experiments.EXPERIMENTS,
    *modality_experiments.EXPERIMENTS,
)
BY_NAME: Mapping[str, ExperimentKind] = {each.name: each for each in EXPERIMENTS}


def missing(
    experiment: ExperimentKind,
    material: Material,
    options: Mapping[str, Any] | None = None,
    trainer: str = "",
) -> tuple[Need, ...]:
    """What the experiment needs and the material lacks; empty where it can begin."""
    return tuple(each for each in needed(experiment, options, trainer) if not each.check(material))


def needed(
    experiment: ExperimentKind, options: Mapping[str, Any] | None = None, trainer: str = ""
) -> tuple[Need, ...]:
    """Everything that the experiment needs with these options, and that the trainer needs."""
    chosen = experiment.chosen(options or {})
    # One that sees nothing learns from questions alone: whatever it is given changes little.
    blind = trainer == "builtin" and not {PICTURES, REGIONS, VARIED}.intersection(experiment.needs)
    always = (*ALWAYS, PICTURES) if blind else ALWAYS
    return tuple(
        # Weights by training loss need no mismatch score.
        LOSSES if each is SUSPICION and chosen.get("weighting") == "loss" else each
        for each in (*always, *experiment.needs)
        # What is withheld in testing is missing, whatever the run has.
        if not (each is MISSING and chosen.get("withheld"))
    )


def suited(
    experiment: ExperimentKind, material: Material, options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The options as chosen, and what suits the material where none is. Raises as `design` does."""
    given = dict(options or {})
    for each in experiment.options:
        if each.suited is not None and each.name not in given:
            given[each.name] = each.suited(material)
    return experiment.chosen(given)


def design(
    experiment: ExperimentKind,
    base: Settings | None = None,
    options: Mapping[str, Any] | None = None,
    seeds: Sequence[int] = tuple(range(USUAL_SEEDS)),
) -> Design:
    """Its arms and seeds. Raises ValueError for options that are not offered, and DesignRefused."""
    return Design(experiment.arms(base or Settings(), options), tuple(seeds))


def expectations(
    experiment: ExperimentKind,
    base: Settings | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Expectation]:
    """What should happen to each arm if the cause is real, the arm that decides first."""
    return experiment.expectations(base or Settings(), options)
