"""The form in which an experiment is designed."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from annotations.cleaning.cleaning import standing_repairs
from annotations.cleaning.scoring_runs import latest_score
from annotations.models import Audit, Verdict
from annotations.science.curation.curation import Recipe
from diagnostics.experiments.designing import (
    BUILTIN,
    CHECKPOINT,
    COMMAND,
    MOST_EPOCHS,
    Wish,
    trainer_options,
)
from diagnostics.experiments.needs import outline
from diagnostics.science.experiments.design.design import FEWEST_SEEDS, MOST_SEEDS, USUAL_SEEDS
from diagnostics.science.experiments.material.glossary_text import GlossaryUnreadable, read_glossary
from triage.models import Run
from triage.sent import whole_number

NOW, NONE = "now", ""
LONGEST_GLOSSARY = 100_000


class ExperimentForm(forms.Form):
    """Seeds, the curated set, another run to test on, a glossary, the trainer; options as `o-…`."""

    seeds = forms.TypedChoiceField(
        label=gettext_lazy("Seeds"),
        choices=[(n, str(n)) for n in range(FEWEST_SEEDS, MOST_SEEDS + 1)],
        coerce=int,
        initial=USUAL_SEEDS,
    )
    curated = forms.ChoiceField(label=gettext_lazy("Curated set"), required=False)
    target = forms.ModelChoiceField(
        Run.objects.none(),
        label=gettext_lazy("Another run to test on"),
        required=False,
        empty_label=gettext_lazy("none"),
    )
    glossary = forms.CharField(
        label=gettext_lazy("Glossary"),
        required=False,
        max_length=LONGEST_GLOSSARY,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    trainer = forms.ChoiceField(label=gettext_lazy("Trainer"), initial=BUILTIN)
    checkpoint = forms.CharField(label=gettext_lazy("Checkpoint"), required=False, max_length=500)
    command = forms.ChoiceField(label=gettext_lazy("Command"), required=False)
    epochs = forms.IntegerField(
        label=gettext_lazy("Epochs"), required=False, min_value=1, max_value=MOST_EPOCHS
    )

    def __init__(self, run: Run, experiment: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run, self.experiment = run, experiment
        sets = list(run.curated_sets.all())
        self.sets = {str(each.pk): each for each in sets}
        self._choice("curated").choices = [
            (NOW, _("freeze one now, with the default recipe")),
            *((str(each.pk), str(each)) for each in sets),
            (NONE, _("none")),
        ]
        self.fields["curated"].initial = NOW if has_verdicts(run) else next(iter(self.sets), NONE)
        target = self.fields["target"]
        assert isinstance(target, forms.ModelChoiceField)
        target.queryset = run.project.runs.exclude(pk=run.pk)
        commands = list(settings.TRAINING_COMMANDS)
        kinds = [(BUILTIN, _("built-in, over frozen image regions"))]
        kinds.append((CHECKPOINT, _("a checkpoint, by transformers")))
        if commands:
            kinds.append((COMMAND, _("a command of this server")))
        self._choice("trainer").choices = kinds
        self._choice("command").choices = [(name, name) for name in commands]
        own = option_fields(experiment)
        if "weighting" in own and latest_score(run) is None:
            own["weighting"].initial = "loss"
        suit(own, run, experiment)
        for name, field in own.items():
            self.fields[f"o-{name}"] = field

    def _choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def clean_glossary(self) -> str:
        """Every line has to be an entry."""
        text = str(self.cleaned_data["glossary"])
        try:
            read_glossary(text)
        except GlossaryUnreadable as reason:
            raise forms.ValidationError(str(reason)) from None
        return text

    def clean(self) -> dict[str, Any]:
        """A trainer needs its own field."""
        given = super().clean() or {}
        if given.get("trainer") == CHECKPOINT and not given.get("checkpoint", "").strip():
            self.add_error("checkpoint", _("Name a folder on the server, or a hub id."))
        if given.get("trainer") == COMMAND and not given.get("command"):
            self.add_error("command", _("Choose a command."))
        if given.get("trainer") == COMMAND and given.get("epochs"):
            self.add_error("epochs", _("A command says itself how long it trains."))
        return given

    def options(self) -> list[forms.BoundField]:
        """The fields of the experiment's own options."""
        return [self[name] for name in self.fields if name.startswith("o-")]

    def chosen_options(self) -> dict[str, Any]:
        """The options as chosen; their defaults while the form is unbound or wrong."""
        fields = {name: field for name, field in self.fields.items() if name.startswith("o-")}
        given = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return {
            name.removeprefix("o-"): given.get(name, field.initial)
            for name, field in fields.items()
        }

    def so_far(self) -> Wish:
        """What is chosen so far, also while the form is unbound or wrong."""
        curated = str(self["curated"].value() or NONE)
        return Wish(
            self.experiment.name,
            options=self.chosen_options(),
            curated=self.sets.get(curated),
            recipe=Recipe() if curated == NOW else None,
            target=self._target(),
            glossary=str(self["glossary"].value() or ""),
        )

    def _target(self) -> Run | None:
        key = whole_number(str(self["target"].value() or ""))
        runs = self.run.project.runs.exclude(pk=self.run.pk)
        return None if key is None else runs.filter(pk=key).first()

    @property
    def needs_target(self) -> bool:
        """Whether the experiment tests on another run."""
        return any(each.name == "target" for each in self.experiment.needs)

    @property
    def needs_glossary(self) -> bool:
        """Whether the experiment reads a glossary."""
        return any(each.name == "glossary" for each in self.experiment.needs)

    @property
    def has_commands(self) -> bool:
        """Whether the server's settings allow a training script."""
        return bool(settings.TRAINING_COMMANDS)

    def wish(self) -> Wish:
        """What is to be tried, of a valid form."""
        given = self.cleaned_data
        kind = given["trainer"]
        return Wish(
            self.experiment.name,
            options=self.chosen_options(),
            seeds=tuple(range(given["seeds"])),
            trainer=kind,
            trainer_options=trainer_options(
                kind, given.get(kind, "").strip(), epochs=given.get("epochs")
            ),
            curated=self.sets.get(given["curated"]),
            recipe=Recipe() if given["curated"] == NOW else None,
            target=given["target"],
            glossary=given["glossary"],
        )


def suit(fields: dict[str, forms.Field], run: Run, experiment: Any) -> None:
    """Options that hang on what the run has begin with what suits it."""
    hanging = [each for each in experiment.options if each.suited is not None]
    if hanging:
        material = outline(run, Wish(experiment.name))
        for each in hanging:
            fields[each.name].initial = each.suited(material)


def option_fields(experiment: Any) -> dict[str, forms.Field]:
    """A choice for each option of an experiment of the registry."""
    return {
        each.name: forms.TypedChoiceField(
            label=_(each.words),
            choices=[(str(choice), choice_words(choice)) for choice in each.choices],
            coerce={str(choice): choice for choice in each.choices}.__getitem__,
            initial=each.default,
        )
        for each in experiment.options
    }


CHOICES = {
    "mismatch": gettext_noop("mismatch score"),
    "loss": gettext_noop("training loss"),
    "image": gettext_noop("the picture"),
    "text": gettext_noop("the question"),
}


def choice_words(choice: Any) -> str:
    """A choice of an option, for a reader."""
    if isinstance(choice, float):
        return f"{100 * choice:g} %" if choice else _("none")
    return _(CHOICES[choice]) if choice in CHOICES else str(choice)


def has_verdicts(run: Run) -> bool:
    """Whether people decided anything that a curated set could be made of."""
    judged = Verdict.objects.standing().filter(
        item__audit__run=run, item__audit__question=Audit.Question.NOISE
    )
    return judged.exists() or standing_repairs(run).exists()
