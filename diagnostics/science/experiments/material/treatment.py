"""From an arm's settings to the samples that a trainer is shown, in training and in testing.

Every draw follows from the seed and the factor it belongs to: arms with the same seed share what
they do not differ in, and a larger share of a factor holds the smaller one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from diagnostics.science.columns.words_by_role import WORD, without
from diagnostics.science.experiments.design.draws import Rows, chosen_share, generator
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material.glossary import Rewording
from diagnostics.science.experiments.material.imputation import (
    missing_text,
    pictures_for,
    questions_for,
)
from diagnostics.science.experiments.material.reserve import reserve
from diagnostics.science.experiments.material.training_rows import (
    Texts,
    answers_of,
    corrected,
    refuse_leak,
    trained_rows,
    usable,
    weights_of,
)
from diagnostics.science.measures.samples import Bools, Floats
from triage.science.record.scoring import RULES, score


@dataclass(frozen=True)
class Examples:
    """m samples as a trainer is shown them.

    `row` (m): rows of the material (of its target where the test is another run's). `questions`
    (m): the first is how it is asked, the others are the same in other words (training draws one
    of them each epoch). `answers` (m): right answers, at least one; several only where the arm
    trains on all. `image` (m): row of `Material.regions`, -1 where it is missing or blanked.
    `weight` (m) of the training loss. `text_blank` (m): the question is blanked.
    """

    row: Rows
    questions: Texts
    answers: Texts
    image: Rows
    weight: Floats
    text_blank: Bools

    def __len__(self) -> int:
        return len(self.row)


def training_examples(material: Material, settings: Settings, seed: int) -> Examples:
    """What an arm trains on. A sample that is tested is never among it.

    Raises TrainingRefused where the material lacks what the settings need, and Leak.
    """
    rows = trained_rows(material, settings, seed)
    refuse_leak(material, rows)
    questions: Texts = tuple((material.question[row],) for row in rows.tolist())
    if settings.knowledge:
        questions = _reworded(material, questions, seed)
    examples = Examples(
        row=rows,
        questions=questions,
        answers=answers_of(material, rows, settings, seed),
        image=material.image[rows],
        weight=weights_of(material, rows, settings),
        text_blank=np.array([not each[0].strip() for each in questions], dtype=bool),
    )
    return _filled(material, examples, seed) if settings.imputed else examples


def tested_examples(material: Material, settings: Settings, seed: int) -> Examples:
    """What an arm is tested on: the same rows for every seed, and for every arm of an experiment.

    Left out are samples without a reference, those that a curated set dropped, and the reserve
    where shots may be taken from it. `answers` are what predictions are held to (`credits`).
    Raises TrainingRefused where nothing is left, or there is no other run.
    """
    other = settings.tested_on == "other"
    tested = _other(material) if other else material
    rows = tested_rows(material, settings)
    if not len(rows):
        raise TrainingRefused("no sample is left to test on: the run needs a split 'test'")
    answers = corrected(tested)
    questions = [tested.question[row] for row in rows.tolist()]
    if settings.deleted:
        questions = [without(text, settings.deleted) for text in questions]
    blank = chosen_share(rows, len(tested), settings.blanked_text, seed, "blanked_text")
    unseen = chosen_share(rows, len(tested), settings.blanked_image, seed, "blanked_image")
    examples = Examples(
        row=rows,
        questions=tuple((text,) for text in questions),
        answers=tuple(answers[row] for row in rows.tolist()),
        image=np.where(unseen, -1, tested.image[rows]),
        weight=np.ones(len(rows)),
        text_blank=blank | np.array([not WORD.search(text) for text in questions], dtype=bool),
    )
    if settings.imputed and other:
        raise TrainingRefused("what is missing is filled in from this run's own training samples")
    return _filled(material, examples, seed) if settings.imputed else examples


def tested_rows(material: Material, settings: Settings) -> Rows:
    """Rows that an arm is tested on, ascending (of the target where another run is tested on)."""
    if settings.tested_on == "other":
        target = _other(material)
        rows = usable(target, target.tested())
        return rows[~_trained_here(material, target, rows)]
    rows = usable(material, material.tested())
    if settings.reserved or settings.shots:
        rows = np.setdiff1d(rows, reserve(material))
    return rows


def credits(
    material: Material,
    examples: Examples,
    predictions: npt.NDArray[np.str_],
    settings: Settings,
) -> Floats:
    """Credit (m), 0..1, of predictions (m) by the scoring rule of the run that is tested.

    A run whose rule is 'given' says nothing of new predictions: they are held to the references,
    exactly. With `accepted` a prediction that people accepted is right, whatever the file says.
    """
    tested = _other(material) if settings.tested_on == "other" else material
    rule = tested.rule if RULES[tested.rule].credit is not None else "exact"
    found = _scored(predictions, examples.answers, rule)
    if settings.scored == "references" or tested.accepted is None:
        return found
    accepted = [tested.accepted[row] for row in examples.row.tolist()]
    more = [
        tuple(each for each in wide if each not in own)
        for wide, own in zip(accepted, examples.answers, strict=True)
    ]
    places = np.array([n for n, each in enumerate(more) if each], dtype=np.int64)
    if len(places):
        # Of further answers nobody counted how many people gave them.
        further = _scored(
            predictions[places], [more[n] for n in places], "exact" if rule == "vqa" else rule
        )
        found[places] = np.maximum(found[places], further)
    return found


def _scored(
    predictions: npt.NDArray[np.str_], answers: Sequence[tuple[str, ...]], rule: str
) -> Floats:
    table = pa.table(
        {
            "prediction": pa.array(predictions.tolist(), pa.string()),
            "answers": pa.array([list(each) for each in answers], pa.list_(pa.string())),
        }
    )
    return score(table, rule).astype(np.float64)


def _other(material: Material) -> Material:
    if material.target is None:
        raise TrainingRefused("there is no other run to test on: choose one")
    return material.target


def _trained_here(material: Material, target: Material, rows: Rows) -> Bools:
    """Which of the target's `rows` are samples that this run trains on: same name, same question.

    Names alone may repeat from file to file.
    """
    known = {(material.sample_id[row], material.question[row]) for row in material.trained()}
    return np.array(
        [(target.sample_id[row], target.question[row]) in known for row in rows.tolist()],
        dtype=bool,
    )


def _reworded(material: Material, questions: Texts, seed: int) -> Texts:
    """Each question with its other wordings behind it."""
    if not material.glossary:
        raise TrainingRefused("other words need a glossary: add words that mean the same")
    words, rng = Rewording(material.glossary), generator(seed, "knowledge")
    return tuple((*each, *words.variants(each[0], rng)) for each in questions)


def _filled(material: Material, examples: Examples, seed: int) -> Examples:
    """Missing pictures and questions from the most alike training samples; both gone: neither."""
    source = trained_rows(material, Settings(), seed)
    asked = [each[0] for each in examples.questions]
    no_text = examples.text_blank | missing_text(asked)
    no_image = examples.image < 0
    image, blank = examples.image.copy(), examples.text_blank.copy()
    questions = list(examples.questions)
    unseen = np.flatnonzero(no_image & ~no_text)
    image[unseen] = pictures_for(material, [asked[n] for n in unseen.tolist()], source, seed)
    unasked = np.flatnonzero(no_text & ~no_image)
    left = ["" if blank[n] else asked[n] for n in unasked.tolist()]
    found = questions_for(material, image[unasked], left, source)
    for place, text in zip(unasked.tolist(), found, strict=True):
        questions[place] = (text,)
        blank[place] = not text
    return replace(examples, questions=tuple(questions), image=image, text_blank=blank)
