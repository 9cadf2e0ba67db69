"""Experiments on a missing modality and on generalisation."""

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

_AS_IS = gettext_noop("Trained as it is")
TRAINED_WITHOUT: Mapping[float, str] = {
    0.15: gettext_noop("Trained with some blanked, tested as it is"),
    0.3: gettext_noop("Trained with more blanked, tested as it is"),
}
TESTED_WITHOUT: Mapping[float, str] = {
    0.25: gettext_noop("Trained as it is, tested with a quarter blanked"),
    0.5: gettext_noop("Trained as it is, tested with half blanked"),
}
_BOTH: Mapping[tuple[float, float], str] = {
    (0.15, 0.25): gettext_noop("Trained with some blanked, tested with a quarter blanked"),
    (0.15, 0.5): gettext_noop("Trained with some blanked, tested with half blanked"),
    (0.3, 0.25): gettext_noop("Trained with more blanked, tested with a quarter blanked"),
    (0.3, 0.5): gettext_noop("Trained with more blanked, tested with half blanked"),
}
SHOTS: Mapping[int, str] = {
    16: gettext_noop("With a handful of the target domain"),
    64: gettext_noop("With some dozens of the target domain"),
    256: gettext_noop("With some hundreds of the target domain"),
    -1: gettext_noop("With all that can be spared of the target domain"),
}
_MODALITY = Option(
    "modality", gettext_noop("Which of the two is blanked"), "image", ("image", "text")
)

# Where a run lacks nothing, so many of the tested pictures are taken away to be filled in.
WITHHELD = 0.3
_WITHHELD = Option(
    "withheld",
    gettext_noop("Share of tested pictures that are withheld"),
    0.0,
    (0.0, WITHHELD, 0.5),
    suited=lambda material: 0.0 if needs.MISSING.check(material) else WITHHELD,
)


def _dropping(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    """Every training rate at every testing rate, each against the one that differs in one."""
    dropped, blanked = f"dropped_{options['modality']}", f"blanked_{options['modality']}"
    control = baseline(base, gettext_noop("Trained and tested as it is"))
    gain = gettext_noop(
        "If a modality is missing in testing, a model that trained without it now and then should "
        "lose less."
    )
    fall = gettext_noop("The more is blanked in testing, the more accuracy should fall.")
    planned = [control]
    planned += [
        step(
            control,
            f"trained_{round(100 * rate)}",
            words,
            "gain",
            gain,
            decides=rate == max(TRAINED_WITHOUT),
            **_rate(dropped, rate),
        )
        for rate, words in TRAINED_WITHOUT.items()
    ]
    for tested, words in TESTED_WITHOUT.items():
        name = f"tested_{round(100 * tested)}"
        without = step(control, name, words, "loss", fall, **_rate(blanked, tested))
        planned.append(without)
        planned += [
            step(
                without,
                f"trained_{round(100 * rate)}_{name}",
                _BOTH[rate, tested],
                "gain",
                gain,
                **_rate(dropped, rate),
            )
            for rate in TRAINED_WITHOUT
        ]
    return tuple(planned)


def _rate(factor: str, share: float) -> dict[str, Any]:
    return {factor: share}


def _imputation(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    """Withheld in every arm alike: what is missing is the same, and only one arm fills it in."""
    base = replace(base, blanked_image=options["withheld"])
    control = baseline(base, gettext_noop("What is missing stays missing"))
    words = gettext_noop("Filled in from the most alike training sample")
    expect = gettext_noop("If a modality is missing, filling it in should help.")
    return control, step(control, "imputed", words, "gain", expect, decides=True, imputed=True)


def _other_run(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, gettext_noop("Tested on this run's evaluation"))
    words = gettext_noop("Tested on the other run's evaluation")
    expect = gettext_noop("If the model does not generalise, accuracy should fall there.")
    return control, step(control, "other", words, "loss", expect, decides=True, tested_on="other")


def _augmentation(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(base, _AS_IS)
    words = gettext_noop("Pictures varied in training")
    expect = gettext_noop("If training shows too little, more variety should help.")
    return control, step(control, "augmented", words, "gain", expect, decides=True, augmented=True)


def _few_shots(base: Settings, options: Mapping[str, Any]) -> tuple[Planned, ...]:
    control = baseline(
        replace(base, reserved=True), gettext_noop("Without samples of the target domain")
    )
    expect = gettext_noop("If the target domain is new to the model, samples of it should help.")
    steps = [
        step(control, _shots_name(count), words, "gain", expect, decides=count < 0, shots=count)
        for count, words in SHOTS.items()
    ]
    return (control, *steps)


def _shots_name(count: int) -> str:
    return "shots_all" if count < 0 else f"shots_{count}"


EXPERIMENTS = (
    ExperimentKind(
        name="dropped_modality",
        cause="missing_modality",
        title=gettext_noop("Modalities dropped in training and testing"),
        why=gettext_noop(
            "Trains with a modality blanked now and then, and tests with more and more of it gone."
        ),
        factor=gettext_noop("the share blanked in training, or the share blanked in testing"),
        expect=gettext_noop(
            "Trained with blanks, the model loses less where a modality is missing."
        ),
        plan=_dropping,
        needs=(needs.PICTURES,),
        options=(_MODALITY,),
        focus="missing",
    ),
    ExperimentKind(
        name="imputation",
        cause="missing_modality",
        title=gettext_noop("Missing modality filled in"),
        why=gettext_noop(
            "Gives a sample without a picture that of the most alike question, and one without a "
            "question that of the most alike picture."
        ),
        factor=gettext_noop("whether a missing modality is filled in"),
        expect=gettext_noop("Accuracy rises on samples that lack a modality."),
        plan=_imputation,
        needs=(needs.PICTURES, needs.MISSING),
        options=(_WITHHELD,),
        focus="missing",
    ),
    ExperimentKind(
        name="other_run",
        cause="generalisation",
        title=gettext_noop("Cross-dataset evaluation"),
        why=gettext_noop("Tests the same trained model on another run's evaluation samples."),
        factor=gettext_noop("the data that is tested on"),
        expect=gettext_noop("Accuracy falls clearly on the other run."),
        plan=_other_run,
        needs=(needs.TARGET,),
    ),
    ExperimentKind(
        name="augmentation",
        cause="generalisation",
        title=gettext_noop("Augmentation"),
        why=gettext_noop("Varies colours, light, background and frame of the training pictures."),
        factor=gettext_noop("whether training pictures are varied"),
        expect=gettext_noop("Accuracy rises on pictures unlike those in training."),
        plan=_augmentation,
        needs=(needs.VARIED,),
        focus="out of domain",
    ),
    ExperimentKind(
        name="few_shots",
        cause="generalisation",
        title=gettext_noop("Few-shot learning curve"),
        why=gettext_noop(
            "Adds more and more samples of the target domain to training: how many does it take?"
        ),
        factor=gettext_noop("how many samples of the target domain are trained on"),
        expect=gettext_noop("Accuracy rises with the samples, steeply at first."),
        plan=_few_shots,
        needs=(needs.SHOTS,),
        focus="out of domain",
    ),
)
