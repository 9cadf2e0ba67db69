"""The form that starts an analysis."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AnalyseForm(forms.Form):
    """How to analyse a run."""

    encoder = forms.CharField(label=_("Encoder"), required=False, max_length=500)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**32 - 1, initial=0)
