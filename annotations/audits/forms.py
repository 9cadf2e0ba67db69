"""The form that draws an audit."""

from fractions import Fraction
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from annotations.audits.drawing import LARGEST_SEED
from annotations.models import Audit
from annotations.science.estimation.protocols import PROTOCOLS
from triage.models import Run, StoredFilter


class DrawForm(forms.Form):
    """What to draw; everything but the protocol has a default."""

    protocol = forms.ChoiceField(
        choices=[(name, name) for name in (*PROTOCOLS, "custom")], widget=forms.RadioSelect
    )
    size = forms.IntegerField(label=_("Items to draw"), min_value=1, required=False)
    threshold = forms.DecimalField(
        label=_("Threshold, % noise"),
        min_value=0,
        max_value=100,
        max_digits=6,
        decimal_places=3,
        required=False,
    )
    strict = forms.TypedChoiceField(
        label=_("The rule is met by"),
        choices=[("", _("the threshold or more (≥)")), ("1", _("more than the threshold (>)"))],
        coerce=bool,
        empty_value="",
        required=False,
    )
    population = forms.ModelChoiceField(
        StoredFilter.objects.none(),
        label=_("Population"),
        empty_label=_("All errors of the run"),
        required=False,
    )
    question = forms.ChoiceField(
        choices=Audit.Question.choices, widget=forms.RadioSelect, required=False
    )
    design = forms.ChoiceField(
        choices=Audit.Design.choices, widget=forms.RadioSelect, required=False
    )
    overlap = forms.IntegerField(label=_("People per item"), min_value=1, max_value=9, initial=1)
    policy = forms.ChoiceField(
        label=_("When people differ"), choices=Audit.Policy.choices, required=False
    )
    open_votes = forms.BooleanField(label=_("Who decides sees the votes"), required=False)
    people = forms.ModelMultipleChoiceField(
        get_user_model().objects.none(),
        label=_("Who judges"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    gold = forms.IntegerField(label=_("Gold items to mix in"), min_value=0, required=False)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=LARGEST_SEED, required=False)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run
        population: Any = self.fields["population"]
        population.queryset = run.stored_filters.all()
        members = get_user_model().objects.filter(memberships__project=run.project)
        people: Any = self.fields["people"]
        people.queryset = members.order_by("username")
        self.known_gold = run.gold_answers.count()

    def clean_threshold(self) -> Fraction | None:
        """The typed percentage as an exact fraction."""
        typed = self.cleaned_data["threshold"]
        return None if typed is None else Fraction(typed) / 100

    def _policy(self) -> str:
        alone = self.cleaned_data["overlap"] == 1
        return str(
            Audit.Policy.AGREEMENT
            if alone
            else self.cleaned_data["policy"] or Audit.Policy.AGREEMENT
        )

    def wishes(self) -> dict[str, Any]:
        """The keyword arguments of `draw_audit`; the custom fields only for a custom protocol."""
        given = self.cleaned_data
        wishes = {
            "protocol": given["protocol"],
            "seed": given["seed"],
            "criteria": given["population"],
            "name": given["name"] or None,
            "overlap": given["overlap"],
            "question": given["question"] or Audit.Question.NOISE,
            "design": given["design"] or Audit.Design.SIMPLE_RANDOM,
            # With one person per item there is nothing to resolve, whatever the hidden field says.
            "policy": self._policy(),
            "open_votes": given["open_votes"],
            "people": list(given["people"]),
            "gold": given["gold"] or 0,
        }
        if given["protocol"] == "custom":
            wishes |= {name: given[name] for name in ("size", "threshold")}
            wishes["strict"] = bool(given["strict"])
        return wishes
