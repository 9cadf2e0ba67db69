"""How factors, their values and columns of groups are called on pages."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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
# Columns that results are read by.
COLUMNS = {
    "question_type": gettext_noop("Question type"),
    "split": gettext_noop("Split"),
    "category": gettext_noop("Category"),
    "difficulty": gettext_noop("Difficulty"),
    "domain": gettext_noop("Domain"),
    "modality": gettext_noop("What is there"),
    "wording": gettext_noop("Words of the question"),
}
# Further numbers that trials leave.
EXTRAS = {
    "box_hit": gettext_noop("Box found"),
    "box_chance": gettext_noop("Box found by chance"),
}


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


def column_words(name: str) -> str:
    """The heading of a column of groups."""
    return _(COLUMNS[name]) if name in COLUMNS else name


def extra_words(name: str) -> str:
    """The heading of a further number of the trials."""
    return _(EXTRAS[name]) if name in EXTRAS else name
