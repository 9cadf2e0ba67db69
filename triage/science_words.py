"""The words of the science modules, made known to gettext.

Those modules import no Django, so what they say is plain English. What a page shows of it is
repeated here for `make messages`; the tests of languages hold the two together.
"""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

NUMBER = re.compile(r"\d[\d,]*")

GROUPINGS = (
    _("split"),
    _("question type"),
    _("template"),
    _("category"),
    _("difficulty"),
    _("domain"),
)
FIELDS = (
    _("a name that no other row of the file has"),
    _("path relative to the image folder, or bytes"),
    _("the question or text put to the model"),
    _("text that came with the question"),
    _("1 to 10 reference answers"),
    _("the model's answer"),
    _("[{answer, probability}]"),
    _("probability of the prediction, 0..1"),
    _("true/false, or a credit in 0..1"),
    _("train, val, test or ood"),
    _("the data set or domain the sample is from"),
    _("counting, existence, position, …"),
    _("what the image or question is about"),
    _("how hard it is meant to be"),
    _("the template the question was made from"),
    _("true boxes [x0, y0, x1, y1]"),
    _("the model's box"),
    _("H×W grid of attention over the image"),
    _("{token: H×W grid}"),
    _("{prediction, confidence}, text blanked"),
    _("{prediction, confidence}, image blanked"),
    _("embedding of the image"),
    _("embedding of the text"),
    _("an embedding per box or region"),
    _("{token: vector}"),
    _("what the model's answer layer reads"),
    _("training loss, or one per epoch"),
)
RULES = (
    _("VQA soft accuracy: how many people gave this answer"),
    _("Exact match with any reference answer, after normalisation"),
    _("Multiple choice: the option's letter, or its text"),
    _("Yes or no: the first of the two words"),
    _("As the file says in its field 'correct'"),
)
READERS = (
    _("CSV: a header line, then one row a record"),
    _("JSON Lines: one JSON object a line"),
    _("JSON: one list of objects"),
    _("Parquet, with images as {bytes, path} if it holds them"),
)
FEATURES = (
    _("probability of the model's answer when it sees only the image"),
    _("probability of the model's answer when it sees only the text"),
    _("entropy of the image attention over log of its cells: 0 focused, 1 uniform"),
    _(
        # xgettext:no-python-format
        "overlap (IoU) of the predicted box, or of the smallest box with 80 % of the attention, "
        "with the best true box"
    ),
    _("share of the attention that lies inside the true boxes"),
    _("how many training samples share the question's template"),
    _("how far the sample lies from the training samples, as a percentile of their own distances"),
    _("entropy of the candidates' probabilities over log of their number: 0 sure, 1 flat"),
    _("probability of the best candidate minus the next"),
    _("place of a reference answer among the candidates, from 1"),
    _("cosine of image and text embedding (one space: CLIP, SigLIP or given)"),
    _("mean of the recorded training losses"),
)
# What a feature needs is fields of the record, and where it is more than that, one of these.
NEEDS = (
    _("predicted_box or attention"),
    _("split (with train rows)"),
    _("image_embedding and text_embedding, or a CLIP-type encoder"),
)
# The mismatch score's inputs, and what they need beyond single fields.
INPUTS = (
    _("the model's probability of a reference answer"),
    _("probability of a reference answer minus that of the best other candidate"),
    _("probability of a reference answer minus its mean over the samples most alike"),
    _("margin of the reference answer minus its mean over the samples most alike"),
    _("share of the samples most alike with the same reference answer, minus its mean over them"),
    _("training loss in the later half of the epochs minus its mean over the samples most alike"),
    _("cosine of image and text embedding (one space)"),
)
INPUT_NEEDS = (
    _("candidates with probabilities, answers"),
    _("image_embedding and text_embedding, or a CLIP-type encoder"),
)
# Numbers of a step are written {}.
STEPS = (
    _("Reading samples"),
    _("Measuring features"),
    _("Naming clusters"),
    _("Reducing dimensions"),
    _("Finding neighbours"),
    _("Laying out clusters"),
    _("Laying out the map"),
    _("Finding dense groups"),
    _("Describing images"),
    _("Encoding images and text"),
    _("Unpacking images"),
    _("Looking for duplicates"),
    _("Measuring"),
    _("Fitting"),
    _("Finishing"),
    _("{} rows read"),
    _("{} samples written"),
)


def step_words(step: str) -> str:
    """A step of a job in the reader's language; one that is not known stays as it is."""
    if not step:
        return ""
    words = gettext(NUMBER.sub("{}", step))
    for number in NUMBER.findall(step):
        words = words.replace("{}", number, 1)
    return words
