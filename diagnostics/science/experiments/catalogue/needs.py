"""What experiments need of a run and of people, and how whatever is not there is got."""

import numpy as np

from diagnostics.science.columns.words_by_role import WORD
from diagnostics.science.experiments.catalogue.experiment import Need
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.material.glossary import Rewording
from diagnostics.science.experiments.material.imputation import missing_text
from diagnostics.science.experiments.material.reserve import reserve
from diagnostics.science.experiments.material.training_rows import usable
from triage.science.words import gettext_noop


def _trains(material: Material) -> bool:
    return any(material.answers[row] for row in material.trained().tolist())


def _tests(material: Material) -> bool:
    return len(usable(material, material.tested())) > 0


def _pictures(material: Material) -> bool:
    return bool((material.image[material.trained()] >= 0).any())


def _regions(material: Material) -> bool:
    return _pictures(material) and material.regions.shape[1] > 1


def _boxes(material: Material) -> bool:
    return _boxed(material, material.trained())


def _tested_boxes(material: Material) -> bool:
    return _boxes(material) and _boxed(material, material.tested())


def _boxed(material: Material, rows: np.ndarray) -> bool:
    found = material.looked_at
    return found is not None and _regions(material) and bool((found[rows] > 0).any())


def _curated(material: Material) -> bool:
    """Without a change to the training set, cleaned training is the same training."""
    if material.curated is None:
        return False
    rows = material.trained()
    changed = (material.curated.decision != "kept") | (material.curated.weight != 1)
    return bool(changed[rows].any())


def _known(values: np.ndarray | None, material: Material) -> bool:
    return values is not None and bool(np.isfinite(values[material.trained()]).any())


def _clean(material: Material) -> bool:
    rows = material.trained()
    found = material.found_clean
    return _curated(material) or (found is not None and bool(found[rows].any()))


def _glossary(material: Material) -> bool:
    words = Rewording(material.glossary)
    texts = {material.question[row] for row in material.trained().tolist()}
    return any(words.knows(text) for text in texts)


def _several_answers(material: Material) -> bool:
    accepted = material.accepted
    if accepted is None:
        return False
    rows = material.tested().tolist()
    return any(set(accepted[row]) - set(material.answers[row]) for row in rows)


def _missing(material: Material) -> bool:
    rows = material.tested()
    texts = [material.question[row] for row in rows.tolist()]
    return bool((material.image[rows] < 0).any()) or bool(missing_text(texts).any())


def _words(material: Material) -> bool:
    rows = material.tested().tolist()
    return any(len(WORD.findall(material.question[row])) > 1 for row in rows)


def _target(material: Material) -> bool:
    return material.target is not None and _tests(material.target)


TRAINS = Need(
    "train",
    gettext_noop("training samples with a reference answer"),
    gettext_noop("Import a run with the fields “split” (train) and “answers”."),
    _trains,
)
TESTS = Need(
    "test",
    gettext_noop("evaluation samples with a reference answer"),
    gettext_noop("Import a run with the fields “split” (test, val or ood) and “answers”."),
    _tests,
)
PICTURES = Need(
    "image",
    gettext_noop("pictures of training samples"),
    gettext_noop("Import the run with its pictures, or with the field “image_embedding”."),
    _pictures,
)
REGIONS = Need(
    "regions",
    gettext_noop("pictures whose regions can be told apart"),
    gettext_noop("Import the run with its pictures: one embedding a picture has no regions."),
    _regions,
)
BOXES = Need(
    "boxes",
    gettext_noop("boxes around what answers rest on, in training"),
    gettext_noop("Import the run with the field “boxes” and its pictures."),
    _boxes,
)
TESTED_BOXES = Need(
    "tested_boxes",
    gettext_noop("boxes around what answers rest on, in training and evaluation"),
    gettext_noop("Import the run with the field “boxes” and its pictures."),
    _tested_boxes,
)
CURATED = Need(
    "curated",
    gettext_noop("a curated set that drops, corrects or weights training samples"),
    gettext_noop("Judge training samples in an audit or the cleaning queue; freeze a curated set."),
    _curated,
)
SUSPICION = Need(
    "suspicion",
    gettext_noop("mismatch scores of training samples"),
    gettext_noop("Score the run for mismatches on its noise page."),
    lambda material: _known(material.suspicion, material),
)
LOSSES = Need(
    "loss",
    gettext_noop("losses of training samples"),
    gettext_noop("Import the run with the field “loss”."),
    lambda material: _known(material.loss, material),
)
CLEAN = Need(
    "clean",
    gettext_noop("training samples that people found clean"),
    gettext_noop("Judge training samples in an audit or the cleaning queue."),
    _clean,
)
GLOSSARY = Need(
    "glossary",
    gettext_noop("other words for words of the training questions"),
    gettext_noop("Write a glossary: a word, and others for the same thing."),
    _glossary,
)
SEVERAL_ANSWERS = Need(
    "accepted",
    gettext_noop("further right answers of evaluation samples"),
    gettext_noop("Have people check the model's first five answers in an audit, and close it."),
    _several_answers,
)
MISSING = Need(
    "missing",
    gettext_noop("evaluation samples without a picture or without a question"),
    gettext_noop("Nothing is missing in this run: withhold a share of the tested pictures."),
    _missing,
)
WORDS = Need(
    "words",
    gettext_noop("questions of several words"),
    gettext_noop("Words are what blanks separate: questions written without blanks have one."),
    _words,
)
TARGET = Need(
    "target",
    gettext_noop("another run with evaluation samples"),
    gettext_noop("Choose another run of the project as the target."),
    _target,
)
VARIED = Need(
    "varied",
    gettext_noop("pictures that can be varied"),
    gettext_noop("Import the run with its pictures: embeddings cannot be varied."),
    lambda material: material.varied is not None and _pictures(material),
)
SHOTS = Need(
    "shots",
    gettext_noop("samples of the target domain beside those that are tested"),
    gettext_noop("Import a run with the field “split” (val or ood), or with the field “domain”."),
    lambda material: len(usable(material, reserve(material))) > 0,
)
ALWAYS = (TRAINS, TESTS)
