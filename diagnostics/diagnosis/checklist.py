"""The checklist that evaluates itself: five steps and four short rules, each with its number.

Every entry asks one question of what is known and answers with one of three states: it points to a
cause, it does not, or there is not enough to say. Nothing is guessed, and every entry names the
next act.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from annotations.models import Audit
from diagnostics.diagnosis.audits import Judged, best, judged_audits
from diagnostics.science.causes.catalogue import BY_NAME as CAUSE_NAMED
from diagnostics.science.experiments.catalogue.registry import BY_NAME as EXPERIMENT_NAMED
from diagnostics.science.measures.documents import figure_of
from triage.models import Run

State = Literal["points", "clear", "open"]
# A drop out of domain that is called clear, and what training may miss and still be called good.
BIG_DROP = 0.05
GOOD_TRAINING = 0.1
# Attention on the true box and overlap with it below which the model is held to look elsewhere.
LOW_OVERLAP = 0.2
NEAR_MISSES = 0.5
MISCALIBRATED = 0.05


@dataclass(frozen=True)
class Known:
    """What the entries read: the run, its measures, its audits."""

    run: Run
    measures: dict[str, Any] | None
    noise: list[Judged]
    top_five: list[Judged]

    def figure(self, measure: str, name: str) -> dict[str, Any] | None:
        """A figure of the diagnosis with a value; None where it was not measured."""
        if self.measures is None:
            return None
        found = figure_of({"measures": self.measures}, measure, name)
        return found if found is not None and found["value"]["value"] is not None else None


@dataclass(frozen=True)
class Act:
    """The next thing to do: a link."""

    words: str
    address: str


@dataclass(frozen=True)
class Finding:
    """What one entry found. `causes`: names of the catalogue that it points to."""

    state: State
    words: str
    act: Act
    figures: tuple[dict[str, Any], ...] = ()
    causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A step of the method or a short rule: its question, and how it is answered."""

    key: str
    title: str
    question: str
    answer: Callable[[Known], Finding]


@dataclass(frozen=True)
class Answered:
    """An entry with its finding; `proof`: the experiment that the finding asks for, if any."""

    entry: Entry
    finding: Finding
    causes: tuple[Any, ...] = field(default=())
    proof: Act | None = None


def known_of(run: Run, measures: dict[str, Any] | None) -> Known:
    """Everything the checklist reads of a run."""
    return Known(
        run,
        measures,
        judged_audits(run, Audit.Question.NOISE),
        judged_audits(run, Audit.Question.TOP_FIVE),
    )


def answered(known: Known) -> tuple[list[Answered], list[Answered]]:
    """The five steps, and the four rules."""
    return [_one(known, entry) for entry in STEPS], [_one(known, entry) for entry in RULES]


def _one(known: Known, entry: Entry) -> Answered:
    finding = entry.answer(known)
    causes = tuple(CAUSE_NAMED[name] for name in finding.causes)
    return Answered(entry, finding, causes, _proof(known, entry, finding))


# The experiment that an entry asks for: where it points to a cause, and where it is open ("").
PROOFS: dict[tuple[str, str], str] = {
    ("data-check", "noise"): "cleaning",
    ("consistency", "noise"): "cleaning",
    ("consistency", "generalisation"): "augmentation",
    ("cross-domain", ""): "other_run",
    ("cross-domain", "generalisation"): "few_shots",
    ("signals", "spatial"): "attention",
    ("clean-first", "noise"): "cleaning",
    ("new-data", ""): "other_run",
    ("new-data", "generalisation"): "augmentation",
    ("looks-elsewhere", "spatial"): "localization_probe",
    ("near-top", "ambiguity"): "several_answers",
}


def _proof(known: Known, entry: Entry, finding: Finding) -> Act | None:
    if finding.state == "clear" or known.measures is None:
        return None
    names = (PROOFS.get((entry.key, cause)) for cause in finding.causes or ("",))
    name = next((each for each in names if each is not None), None)
    if name is None:
        return None
    address = reverse("diagnostics:experiment-new", args=[known.run.pk])
    words = _("Experiment: %(title)s") % {"title": _(EXPERIMENT_NAMED[name].title)}
    return Act(words, f"{address}?experiment={name}")


def _diagnose(known: Known) -> Act:
    return Act(_("Diagnose the run"), reverse("diagnostics:diagnosis", args=[known.run.pk]))


def _measure(known: Known, name: str) -> Act:
    address = reverse("diagnostics:measure", args=[known.run.pk, name])
    return Act(_("See the measure"), address)


def _draw(known: Known, question: str) -> Act:
    address = reverse("annotations:audit-new", args=[known.run.pk])
    return Act(_("Draw the audit"), f"{address}?question={question}")


def _unknown(known: Known, words: str, measure: str) -> Finding:
    """Not enough data: not diagnosed at all, or the record lacks the fields."""
    if known.measures is None:
        return Finding("open", _("The run was not diagnosed yet."), _diagnose(known))
    return Finding("open", words, _measure(known, measure))


def _low(figure: dict[str, Any]) -> float:
    value = figure["value"]
    return float(value["low"] if value["low"] is not None else value["value"])


def _high(figure: dict[str, Any]) -> float:
    value = figure["value"]
    return float(value["high"] if value["high"] is not None else value["value"])


def distribution(known: Known) -> Finding:
    """Step 1: where the errors are."""
    rate = known.figure("error_distribution", "error_rate")
    if rate is None:
        return _unknown(known, _("There are no samples to count."), "error_distribution")
    slices = known.figure("error_distribution", "slices")
    act = _measure(known, "error_distribution")
    if slices is not None and slices["value"]["value"] > 0:
        words = _("Some slices are worse than the rest, after correction for the search.")
        return Finding("clear", words, act, (rate, slices))
    return Finding("clear", _("No slice is established to be worse than the rest."), act, (rate,))


def data_check(known: Known) -> Finding:
    """Step 2: 200 random errors reviewed by people."""
    return _by_audit(known, best(known.noise), Audit.Question.NOISE, "noise")


def _by_audit(known: Known, audit: Judged | None, question: str, cause: str) -> Finding:
    if audit is None:
        return Finding("open", _("No audit has a verdict yet."), _draw(known, question))
    act = Act(_("Open the audit"), audit.audit.get_absolute_url())
    figure = {"words": audit.audit.name, "value": _as_value(audit)}
    if not audit.complete:
        words = _("Under way: %(n)s items wait for a verdict.")
        waiting = {"n": audit.standing.ratio.waiting}
        return Finding("open", words % waiting, act, (figure,))
    met = audit.rule.state == "met"
    return Finding(
        "points" if met else "clear",
        audit.rule.words[0],
        act,
        (figure,),
        (cause,) if met else (),
    )


def _as_value(audit: Judged) -> dict[str, Any]:
    value = audit.value
    return {"value": value.value, "low": value.low, "high": value.high, "unit": value.unit}


def consistency(known: Known) -> Finding:
    """Step 3: are the same kinds of sample wrong in training too."""
    both = known.figure("consistency", "case_a"), known.figure("consistency", "case_b")
    if both[0] is None or both[1] is None:
        words = _("Needs training and evaluation samples with a shared template or cluster.")
        return _unknown(known, words, "consistency")
    act, figures = _measure(known, "consistency"), (both[0], both[1])
    if _low(both[0]) >= 0.5:
        words = _("Most errors are of kinds that training got wrong too: noise or capacity.")
        return Finding("points", words, act, figures, ("noise",))
    if _low(both[1]) >= 0.5:
        words = _("Most errors are of kinds that training got right: generalisation.")
        return Finding("points", words, act, figures, ("generalisation",))
    return Finding("clear", _("Neither case makes up most of the errors."), act, figures)


def cross_domain(known: Known) -> Finding:
    """Step 4: a clear drop on another data set."""
    drop = known.figure("domains", "ood_drop")
    if drop is None:
        return _unknown(known, _("Needs samples of a split “ood”."), "domains")
    act = _measure(known, "domains")
    if _low(drop) >= BIG_DROP:
        words = _("Accuracy drops clearly out of domain: poor generalisation.")
        return Finding("points", words, act, (drop,), ("generalisation",))
    if _high(drop) < BIG_DROP:
        return Finding("clear", _("No clear drop out of domain."), act, (drop,))
    return Finding("open", _("The interval holds both a clear drop and none."), act, (drop,))


def signals(known: Known) -> Finding:
    """Step 5: does the model know, and does it look at what is asked."""
    ece = known.figure("uncertainty", "ece")
    gap = known.figure("alignment", "attention_in_box_gap")
    figures = tuple(each for each in (ece, gap) if each is not None)
    if not figures:
        words = _("Needs the model’s confidence, or its attention with true boxes.")
        return _unknown(known, words, "uncertainty")
    if gap is not None and _high(gap) < 0:
        words = _("Errors look away from what is asked more than right answers do.")
        return Finding("points", words, _measure(known, "alignment"), figures, ("spatial",))
    act = _measure(known, "uncertainty" if ece is not None else "alignment")
    if ece is not None and _low(ece) >= MISCALIBRATED:
        words = _("The model’s confidence does not match its accuracy: do not trust it alone.")
        return Finding("clear", words, act, figures)
    return Finding("clear", _("Nothing here sets the errors apart."), act, figures)


def clean_first(known: Known) -> Finding:
    """Rule 1: more than 20 % of the audit is noise."""
    quick = [each for each in known.noise if each.audit.protocol == "checklist-100"]
    return _by_audit(known, best(quick or known.noise), Audit.Question.NOISE, "noise")


def new_data(known: Known) -> Finding:
    """Rule 2: training good, new data bad."""
    train = known.figure("consistency", "train_error")
    gap = known.figure("domains", "ood_drop") or known.figure("consistency", "gap")
    if train is None or gap is None:
        words = _("Needs training samples, and new ones: a split “test” or “ood”.")
        return _unknown(known, words, "domains")
    act, figures = _measure(known, "domains"), (train, gap)
    if _high(train) <= GOOD_TRAINING and _low(gap) >= BIG_DROP:
        words = _("Training is good and new data is not: pre-train on more, or augment.")
        return Finding("points", words, act, figures, ("generalisation",))
    if _low(train) > GOOD_TRAINING:
        words = _("Training itself is not good: look at noise and capacity first.")
        return Finding("clear", words, act, figures)
    return Finding("clear", _("No big drop on new data."), act, figures)


def looks_elsewhere(known: Known) -> Finding:
    """Rule 3: low attention and localisation IoU."""
    found = known.figure("alignment", "localization_iou_places") or known.figure(
        "alignment", "localization_iou"
    )
    if found is None:
        words = _("Needs true boxes, and attention or a predicted box.")
        return _unknown(known, words, "alignment")
    act = _measure(known, "alignment")
    if _high(found) < LOW_OVERLAP:
        words = _("The model does not look where the answer is: probe the localisation.")
        return Finding("points", words, act, (found,), ("spatial",))
    return Finding("clear", _("The model looks where the answer is."), act, (found,))


def near_top(known: Known) -> Finding:
    """Rule 4: the right answer is among the first five, not first."""
    judged = best(known.top_five)
    if judged is not None and judged.complete:
        return _by_audit(known, judged, Audit.Question.TOP_FIVE, "ambiguity")
    misses = known.figure("ambiguity", "near_misses")
    if misses is None:
        return _unknown(known, _("Needs the model’s candidates."), "ambiguity")
    act = _draw(known, Audit.Question.TOP_FIVE)
    if _low(misses) >= NEAR_MISSES:
        words = _(
            "Most references are second to fifth: let people say whether several answers are right."
        )
        return Finding("points", words, act, (misses,), ("ambiguity",))
    words = _("Few references are second to fifth.")
    return Finding("clear", words, _measure(known, "ambiguity"), (misses,))


STEPS: tuple[Entry, ...] = (
    Entry(
        "distribution",
        gettext_noop("Error distribution"),
        gettext_noop("Which templates, categories and difficulties do the errors come from?"),
        distribution,
    ),
    Entry(
        "data-check",
        gettext_noop("Data check"),
        gettext_noop("Of 200 random errors, is a fifth noise?"),
        data_check,
    ),
    Entry(
        "consistency",
        gettext_noop("Training against evaluation"),
        gettext_noop("Are the same kinds of sample wrong in training too?"),
        consistency,
    ),
    Entry(
        "cross-domain",
        gettext_noop("Other domains"),
        gettext_noop("Does accuracy drop on another data set?"),
        cross_domain,
    ),
    Entry(
        "signals",
        gettext_noop("Uncertainty and alignment"),
        gettext_noop("Does the model know when it is wrong, and look at what is asked?"),
        signals,
    ),
)
RULES: tuple[Entry, ...] = (
    Entry(
        "clean-first",
        gettext_noop("Clean first"),
        gettext_noop("Audit above 20 % → clean the data first"),
        clean_first,
    ),
    Entry(
        "new-data",
        gettext_noop("New data"),
        gettext_noop("Training good, new data bad → pre-training or augmentation"),
        new_data,
    ),
    Entry(
        "looks-elsewhere",
        gettext_noop("Looks elsewhere"),
        gettext_noop("Low attention and localisation IoU → spatial and relational learning"),
        looks_elsewhere,
    ),
    Entry(
        "near-top",
        gettext_noop("Right, not first"),
        gettext_noop("Right answer in the top 5 but not first → context or several labels"),
        near_top,
    ),
)
STATES = {
    "points": gettext_lazy("points to"),
    "clear": gettext_lazy("done"),
    "open": gettext_lazy("not enough data"),
}
