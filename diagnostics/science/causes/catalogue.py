"""The causes that an error can have, each with its fix and how easy that is."""

from dataclasses import dataclass

from triage.science.words import gettext_noop as _

UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Cause:
    """One cause: what it means in a sentence, what mends it, how easily (0 hard … 1 easy), and
    the experiment that proves or refutes it."""

    name: str
    title: str
    sentence: str
    fix: str
    ease: float
    why_ease: str
    experiment: str


CAUSES: tuple[Cause, ...] = (
    Cause(
        "noise",
        _("Noise"),
        _("Image, text or reference answer do not belong together: the model may be right."),
        _("Clean the data: drop or correct what audits and the cleaning queue find; or reweight."),
        0.9,
        _("No new data and no new model: a cleaned file and the same training."),
        _("Train on cleaned data, and with as much dropped at random: only the first should gain."),
    ),
    Cause(
        "generalisation",
        _("Generalisation"),
        _("The sample lies where training had little: another domain, a rare template."),
        _(
            "Train on more of what is rare: augmentation, synthetic scenes, a few shots of "
            "the target."
        ),
        0.4,
        _("New data has to be collected or made."),
        _("Train with a few samples of the target domain: accuracy there should rise with them."),
    ),
    Cause(
        "semantic",
        _("Alignment, semantic"),
        _("The question uses words that the model never tied to what is seen."),
        _(
            "Teach the words: contrastive check of regions and keywords, knowledge-augmented "
            "training."
        ),
        0.5,
        _("Text can be written without new pictures; the model must be trained again."),
        _(
            "Train with the new words explained or replaced: accuracy on those questions "
            "should rise."
        ),
    ),
    Cause(
        "spatial",
        _("Alignment, spatial"),
        _("The answer hangs on a place or a relation that the model does not find."),
        _("Supervise where to look: localisation probe, then attention or relation supervision."),
        0.3,
        _("Boxes are needed, and a training that uses them."),
        _("Probe whether the answer’s box is found at all; then train with supervised attention."),
    ),
    Cause(
        "missing_modality",
        _("Missing modality"),
        _("The answer comes from one modality alone; the other says nothing or is not there."),
        _("Train with modalities dropped at random; fill in what is missing with a caption."),
        0.6,
        _("A change of training alone."),
        _("Train with modalities dropped at random: the loss without the picture should shrink."),
    ),
    Cause(
        "ambiguity",
        _("Ambiguity"),
        _("Several answers are right, and the model's first is not the one that was written down."),
        _("Give context, or train and score with several right answers."),
        0.7,
        _("Scoring changes at once; training needs the further answers."),
        _("Score with several right answers, then train with them: near misses should vanish."),
    ),
)
BY_NAME = {cause.name: cause for cause in CAUSES}
NAMES = tuple(BY_NAME)
