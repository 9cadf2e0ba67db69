"""Forms of an import: which file, how its columns are read."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from triage.imports.importing import FIELD_NAMES, SPLITS, ImportRefused, allowed_folder
from triage.said import reason
from triage.science.record.mapping import ColumnMapping, MappingError, parse_assignments
from triage.science.record.records import BY_NAME, FIELDS
from triage.science.record.scoring import RULES


class SeveralFilesInput(forms.ClearableFileInput):
    """A file input that takes more than one."""

    allow_multiple_selected = True


class SeveralFiles(forms.FileField):
    """Uploaded files as a list; none is an empty list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each of them as a single upload would be looked at."""
        listed = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(SeveralFiles, self).clean(each, initial) for each in listed]


class FileForm(forms.Form):
    """Step one of an import: which file, which images."""

    upload = SeveralFiles(
        label=_("Files of predictions"),
        required=False,
        help_text=_(
            "JSON, JSON Lines, CSV, TSV, Excel, Parquet, WebDataset or a zip of them; several "
            "where questions, right answers and predictions are files of their own."
        ),
    )
    path = forms.CharField(
        label=_("…or the path on the server: a file, a folder or a pattern"), required=False
    )
    images_upload = forms.FileField(
        label=_("Images (zip)"),
        required=False,
        help_text=_("Leave empty if the file holds the images or there are none."),
    )
    images_path = forms.CharField(label=_("…or their folder on the server"), required=False)
    side_upload = forms.FileField(
        label=_("Side file: attention, embeddings, losses"),
        required=False,
        help_text=_(
            "An .npz archive or Parquet file with sample_id and any of: attention, "
            "image_embedding, text_embedding, region_embeddings, hidden_state, loss."
        ),
    )
    side_path = forms.CharField(label=_("…or its path on the server"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        folders = ", ".join(map(str, settings.IMPORT_FOLDERS))
        if not folders:
            for name in ("path", "images_path", "side_path"):
                del self.fields[name]
        else:
            for name in ("path", "images_path", "side_path"):
                self.fields[name].help_text = _("Inside %(folders)s.") % {"folders": folders}

    def _allowed(self, name: str) -> str:
        typed = self.cleaned_data[name].strip()
        try:
            return str(allowed_folder(typed)) if typed else ""
        except ImportRefused as problem:
            raise forms.ValidationError(reason(problem)) from problem

    def clean_path(self) -> str:
        """A path inside an import folder."""
        return self._allowed("path")

    def clean_images_path(self) -> str:
        """A path inside an import folder."""
        return self._allowed("images_path")

    def clean_side_path(self) -> str:
        """A path inside an import folder."""
        return self._allowed("side_path")

    def clean(self) -> dict[str, Any]:
        """Just one file of predictions, and at most one side file."""
        data = super().clean() or {}
        given = [name for name in ("upload", "path") if data.get(name)]
        if not given and not self.errors:
            raise forms.ValidationError(_("Choose a file of predictions."))
        if len(given) > 1:
            raise forms.ValidationError(_("Give an upload or a path, not both."))
        if data.get("side_upload") and data.get("side_path"):
            self.add_error("side_path", _("Give an upload or a path, not both."))
        return data


class MappingForm(forms.Form):
    """Step two: the run's name, how its columns are read and its predictions scored.

    A field's column may be several joined with +, or text in double quotes for every row.
    """

    name = forms.CharField(label=_("Name of the run"), max_length=200)
    rule = forms.ChoiceField(
        label=_("Scoring rule"),
        choices=[
            (rule.name, format_lazy("{}: {}", _(rule.title), _(rule.description)))
            for rule in RULES.values()
        ],
    )
    split = forms.ChoiceField(
        label=_("Split of rows that name none"), choices=[(split, split) for split in SPLITS]
    )
    each_model = forms.BooleanField(label=_("One run for each model"), required=False)

    def __init__(self, *args: Any, columns: list[str], mapping: ColumnMapping, **more: Any) -> None:
        super().__init__(*args, **more)
        self.columns = columns
        for field in FIELDS:
            self.fields[f"field_{field.name}"] = forms.CharField(
                label=field.name,
                required=False,
                initial="+".join(mapping.columns_of(field.name)),
                help_text=_(field.description),
                widget=forms.TextInput(attrs={"list": "columns", "autocomplete": "off"}),
            )

    def field_rows(self) -> list[tuple[Any, bool]]:
        """The fields of the record in order, each with whether it is required."""
        return [(self[f"field_{name}"], BY_NAME[name].required) for name in FIELD_NAMES]

    def clean(self) -> dict[str, Any]:
        """The mapping, with an error beside each field that names what is not there."""
        data = super().clean() or {}
        found: dict[str, tuple[str, ...]] = {}
        for name in FIELD_NAMES:
            typed = (data.get(f"field_{name}") or "").strip()
            if not typed:
                continue
            try:
                found.update(parse_assignments([f"{name}={typed}"], self.columns, FIELD_NAMES))
            except MappingError as problem:
                self.add_error(f"field_{name}", reason(problem))
        data["mapping"] = ColumnMapping(found)
        return data
