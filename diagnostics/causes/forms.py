"""The form of a project's rules: thresholds and eases, each with what it means."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from diagnostics.causes.naming import ease_of, thresholds_of
from diagnostics.models import RuleBook
from diagnostics.science.causes.catalogue import CAUSES
from diagnostics.science.causes.rules import THRESHOLDS


class RulesForm(forms.Form):
    """A field per threshold (`t-…`), per ease (`e-…`) and its reason (`r-…`), and a note."""

    def __init__(self, book: RuleBook | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

        values, eases = thresholds_of(book), ease_of(book)
        reasons = book.reasons if book is not None else {}
        for each in THRESHOLDS:
            if each.low == each.high:
                continue
            self.fields[f"t-{each.name}"] = forms.FloatField(
                label=_(each.words),
                initial=values[each.name],
                min_value=each.low,
                max_value=each.high,
                widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            )
        for cause in CAUSES:
            self.fields[f"e-{cause.name}"] = forms.FloatField(
                label=_(cause.title),
                initial=eases[cause.name],
                min_value=0,
                max_value=1,
                widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            )
            self.fields[f"r-{cause.name}"] = forms.CharField(
                label=_("Why %(cause)s is that easy") % {"cause": _(cause.title)},
                initial=reasons.get(cause.name, ""),
                max_length=200,
                required=False,
                widget=forms.TextInput(attrs={"placeholder": _(cause.why_ease)}),
            )
        self.fields["note"] = forms.CharField(
            label=_("Why it is changed"), max_length=200, required=False
        )

    def of(self, prefix: str) -> dict[str, Any]:
        """The cleaned values of one kind of field, by the name behind its prefix."""
        return {
            name.removeprefix(prefix): value
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix)
        }
