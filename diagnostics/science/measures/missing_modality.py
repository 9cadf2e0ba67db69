"""What one modality alone would have answered, and what the other adds."""

import numpy as np

from diagnostics.science.measures.results import Figure, Measure, Result, Row, Table
from diagnostics.science.measures.samples import Bools, Floats, Groups, Samples
from diagnostics.science.measures.values import errors_of_evaluation, mean_of, named, share_of
from triage.science.words import gettext_noop as _

RIGHT = 0.5
# Attention this even looks at nothing in particular.
DIFFUSE = 0.9
LEAST = 10
ALONE = {"text_only": "text", "image_only": "image"}


def compute(samples: Samples) -> Result:
    """Accuracy of each modality alone, gaps to both, and answers that need one modality only."""
    chosen = samples.evaluated()
    credits = {name: samples.number(f"{name}_credit") for name in ALONE}
    absent = tuple(name for name, credit in credits.items() if credit is None)
    known = {name: credit for name, credit in credits.items() if credit is not None}
    if not known:
        return Result(absent=absent, note=_("No answer of one modality alone was recorded."))
    figures = [
        Figure(
            "both",
            _("Accuracy with image and text"),
            mean_of(samples.credit[chosen], "share"),
            behind=errors_of_evaluation(samples),
        )
    ]
    for name, credit in known.items():
        figures += _of_modality(samples, chosen, name, credit)
    if len(known) == len(ALONE):
        figures.append(_either(samples, chosen, known))
    types = samples.group("question_type")
    tables = () if types is None else (_by_type(samples, chosen, types, known),)
    return Result(tuple(figures), tables, absent=absent)


def _of_modality(samples: Samples, chosen: Bools, name: str, credit: Floats) -> list[Figure]:
    word = ALONE[name]
    here = chosen & np.isfinite(credit)
    alone = here & (credit >= RIGHT)
    wrong = here & samples.error
    other = "image" if word == "text" else "text"
    figures = [
        Figure(
            name,
            f"Accuracy with the {word} alone",
            mean_of(credit[here], "share"),
            behind=named(samples.position, alone),
        ),
        Figure(
            f"{name}_gap",
            f"What the {other} adds to the {word}",
            mean_of((samples.credit - credit)[here], "points"),
            _("Mean difference on the same samples."),
            named(samples.position, here & ~alone & ~samples.error),
        ),
        Figure(
            f"{name}_enough",
            f"Right answers that need no {other}",
            share_of(int((alone & ~samples.error).sum()), int((here & ~samples.error).sum())),
            behind=named(samples.position, alone & ~samples.error),
        ),
        Figure(
            f"{name}_harmed",
            f"Errors that the {word} alone would have answered rightly",
            share_of(int((alone & wrong).sum()), int(wrong.sum())),
            f"Here the {other} does harm.",
            named(samples.position, alone & wrong, credit),
        ),
    ]
    return figures + _unmoved(samples, chosen, name)


def _unmoved(samples: Samples, chosen: Bools, name: str) -> list[Figure]:
    """Errors whose answer one modality alone gives too, with diffuse attention where known."""
    same = samples.number(f"{name}_same")
    if same is None:
        return []
    word = ALONE[name]
    other = "image" if word == "text" else "text"
    here = chosen & samples.error & np.isfinite(same)
    unmoved = here & (same == 1)
    figures = [
        Figure(
            f"{name}_same",
            f"Errors whose answer stays the same without the {other}",
            share_of(int(unmoved.sum()), int(here.sum())),
            behind=named(samples.position, unmoved),
        )
    ]
    entropy = samples.number("attention_entropy")
    if word == "text" and entropy is not None:
        looked = here & np.isfinite(entropy)
        blind = looked & unmoved & (entropy >= DIFFUSE)
        figures.append(
            Figure(
                "text_only_blind",
                _("Errors answered from the text alone with diffuse attention on the image"),
                share_of(int(blind.sum()), int(looked.sum())),
                behind=named(samples.position, blind, entropy),
            )
        )
    return figures


def _either(samples: Samples, chosen: Bools, credits: dict[str, Floats]) -> Figure:
    """How many samples one modality alone answers rightly, whichever."""
    text, image = credits["text_only"], credits["image_only"]
    here = chosen & np.isfinite(text) & np.isfinite(image)
    enough = here & ((text >= RIGHT) | (image >= RIGHT))
    return Figure(
        "one_is_enough",
        _("Samples that one modality alone answers rightly"),
        share_of(int(enough.sum()), int(here.sum())),
        behind=named(samples.position, enough),
    )


def _by_type(samples: Samples, chosen: Bools, types: Groups, credits: dict[str, Floats]) -> Table:
    """Accuracy with both and with each alone, by question type."""
    rows = []
    for code, label in enumerate(types.labels):
        here = chosen & (types.codes == code)
        if here.sum() < LEAST:
            continue
        values = [mean_of(samples.credit[here], "share")]
        for credit in credits.values():
            known = here & np.isfinite(credit)
            values.append(mean_of(credit[known], "share"))
            values.append(mean_of((samples.credit - credit)[known], "points"))
        behind = errors_of_evaluation(samples, question_type=[label])
        rows.append(Row(label, tuple(values), behind=behind))
    columns = [_("both")]
    for name in credits:
        columns += [f"{ALONE[name]} alone", f"both − {ALONE[name]}"]
    return Table(
        "by_type",
        _("By question type"),
        _("Question type"),
        tuple(columns),
        tuple(rows),
        _("A gap near zero: the other modality is not used for this type."),
    )


MEASURE = Measure(
    "missing_modality",
    _("Missing modality"),
    _("Would text or image alone have given the same answer?"),
    compute,
)


# Sentences that are put together above, whole for the catalogue of translations.
COMPOSED = (
    _("text alone"),
    _("both − text"),
    _("Accuracy with the text alone"),
    _("What the image adds to the text"),
    _("Right answers that need no image"),
    _("Errors that the text alone would have answered rightly"),
    _("Here the image does harm."),
    _("Errors whose answer stays the same without the image"),
    _("image alone"),
    _("both − image"),
    _("Accuracy with the image alone"),
    _("What the text adds to the image"),
    _("Right answers that need no text"),
    _("Errors that the image alone would have answered rightly"),
    _("Here the text does harm."),
    _("Errors whose answer stays the same without the text"),
)
