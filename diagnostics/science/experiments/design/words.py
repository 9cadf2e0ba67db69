"""How factors, their values and columns of groups are called on pages."""

from triage.science.words import gettext_noop

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
