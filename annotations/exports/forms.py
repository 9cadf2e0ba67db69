"""The form that starts an export."""

from pathlib import Path
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotations.models import CHOICES
from annotations.science.curation.curation import KINDS, UNREVIEWED, Recipe
from annotations.science.curation.formats import FORMATS
from triage.models import Run


def format_choices() -> list[tuple[str, str]]:
    """The formats, each with its line, in the reader's language."""
    return [
        (name, f"{gettext(each.title)} · {gettext(each.about)}") for name, each in FORMATS.items()
    ]


# In what form a file came in, where there is one of the same to go out.
_BACK = {
    "conversations": "llava",
    "llava_answers": "llava",
    "vqa": "vqa",
    "coco_captions": "coco",
    "label_studio": "labelstudio",
    "fiftyone": "fiftyone",
}
_BACK_BY_ENDING = {".parquet": "parquet", ".csv": "csv", ".xlsx": "csv-bom", ".tar": "webdataset"}


def format_like(run: Run) -> str:
    """The format that is most like what the run came in; JSON Lines for all others."""
    ending = Path(run.source_name.lower()).suffix
    return _BACK.get(run.profile) or _BACK_BY_ENDING.get(ending, "jsonl")


class ExportForm(forms.Form):
    """What becomes of samples by their verdict, and in which format."""

    KEEP, DROP, CORRECT = "keep", "drop", "correct"

    file_format = forms.ChoiceField(label=_("Format"), choices=format_choices, initial="jsonl")
    without_pictures = forms.BooleanField(label=_("Leave the pictures out"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {kind.value: kind.label for kind in CHOICES} | {UNREVIEWED: _("not reviewed")}
        default = Recipe()
        for kind in (*KINDS, UNREVIEWED):
            choices = [(self.KEEP, _("keep")), (self.DROP, _("drop"))]
            start = self.DROP if kind in default.drop else self.KEEP
            if kind == "wrong_answer":
                choices.insert(0, (self.CORRECT, _("correct where one is given, else drop")))
                start = self.CORRECT
            self.fields[f"do_{kind}"] = forms.ChoiceField(
                label=names[kind], choices=choices, initial=start
            )
            self.fields[f"weight_{kind}"] = forms.FloatField(
                label=names[kind],
                min_value=0,
                max_value=1000,
                initial=default.weights.get(kind, 1.0),
                widget=forms.NumberInput(attrs={"step": "0.05"}),
            )

    def rows(self) -> list[dict[str, Any]]:
        """Verdict, what to do with it, its weight: the lines of the recipe."""
        return [
            {"kind": kind, "do": self[f"do_{kind}"], "weight": self[f"weight_{kind}"]}
            for kind in (*KINDS, UNREVIEWED)
        ]

    def recipe(self) -> Recipe:
        """The recipe as chosen; the default one while the form is unbound or wrong."""
        if not self.is_bound or not self.is_valid():
            return Recipe()
        given, kinds = self.cleaned_data, (*KINDS, UNREVIEWED)
        return Recipe(
            drop=frozenset(k for k in kinds if given[f"do_{k}"] in (self.DROP, self.CORRECT)),
            correct=frozenset(k for k in kinds if given[f"do_{k}"] == self.CORRECT),
            weights={k: given[f"weight_{k}"] for k in kinds if given[f"weight_{k}"] != 1.0},
        )
