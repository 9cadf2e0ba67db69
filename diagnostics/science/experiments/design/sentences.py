"""What an experiment's result is said in: whole sentences that hold no number and no name."""

from collections.abc import Mapping

from diagnostics.science.experiments.design.claims import (
    Conclusion,
    Direction,
    Expectation,
    Met,
    Verdict,
)
from triage.science.words import gettext_noop

EXPECTED: Mapping[Direction, str] = {
    "gain": gettext_noop("If the cause is real, accuracy should rise."),
    "loss": gettext_noop("If the cause is real, accuracy should fall."),
    "flat": gettext_noop("If the cause is real, accuracy should stay as it is."),
}
SEEN: Mapping[Verdict, str] = {
    "gain": gettext_noop("Accuracy rose: over the seeds its interval lies above zero."),
    "loss": gettext_noop("Accuracy fell: over the seeds its interval lies below zero."),
    "none_seen": gettext_noop(
        "No change was seen: over the seeds its interval lies within a point of zero."
    ),
    "not_settled": gettext_noop(
        "The seeds scatter too much to tell: the interval holds zero and changes that would matter."
    ),
    "no_claim": gettext_noop("Too few pairs of trials ended with a result to say anything."),
}
BY_CHANCE = gettext_noop(
    "Over the seeds its interval leaves zero out, but among so many arms one such is easily "
    "chance: after Holm’s correction over the further arms nothing is settled."
)
FOR = gettext_noop("That speaks for the cause.")
AGAINST_NONE = gettext_noop(
    "That speaks against the cause, or the treatment does not reach it: "
    "do not spend effort here on this evidence."
)
AGAINST_TURNED = gettext_noop(
    "That is the opposite of what the cause predicts: look at the question types before anything "
    "is done."
)
AGAINST_CHANGED = gettext_noop(
    "The cause predicts no change: something else is changed by this treatment."
)
SMALL = gettext_noop("The change is less than a point, too small to matter, as the cause predicts.")
OPEN = gettext_noop(
    "That neither supports the cause nor speaks against it: more seeds or more tested samples "
    "would narrow the interval."
)
NOT_LEARNT = gettext_noop(
    "Neither arm has learnt more than to give the commonest answer: that says nothing of the cause."
)
SAME = gettext_noop(
    "Both arms gave the very same answers with every seed: the treatment had nothing to change "
    "here, and says nothing of the cause."
)
NO_CLAIM = gettext_noop(
    "Nothing may be claimed before three seeds have ended in both arms: see why the trials ended."
)
UNASKED: Mapping[Verdict, str] = {
    "gain": gettext_noop("The treatment helps."),
    "loss": gettext_noop("The treatment harms."),
    "none_seen": gettext_noop("The treatment makes no difference that matters."),
    "not_settled": gettext_noop(
        "Whether the treatment helps is open: more seeds or more tested samples would narrow the "
        "interval."
    ),
    "no_claim": NO_CLAIM,
}

# How a number came about; `how` of the values.
OVER_SEEDS = gettext_noop("mean over seeds")
OVER_SEEDS_STD = gettext_noop("standard deviation over seeds")
PAIRED_T = gettext_noop("paired t over seeds")
THESE_RUNS = gettext_noop("these runs only: paired bootstrap over samples, clustered by image")
TOO_FEW_SAMPLES = gettext_noop("too few samples")
TOO_FEW_PAIRS = gettext_noop("too few pairs of trials")
NO_CREDITS = gettext_noop("The trial ended without a credit for every tested sample.")

# Notes on a comparison.
LEFT_OUT = gettext_noop(
    "Seeds in which a trial failed or diverged, or has not ended, are left out in both arms."
)
OTHER_SAMPLES = gettext_noop(
    "The two arms were not tested on the same samples: there is no bootstrap over samples, and "
    "question types are compared where both have them."
)
ALL_TESTED = gettext_noop("All tested samples")

# Learning curves.
LOSS_CURVE = gettext_noop("Loss in training")
CREDIT_CURVE = gettext_noop("Accuracy while training, on a draw of the tested samples")
EPOCH = gettext_noop("Epoch")
MEAN_LOSS = gettext_noop("Mean loss")
ACCURACY = gettext_noop("Accuracy")


def conclusion(
    arm: str,
    verdict: Verdict,
    small: bool,
    expectation: Expectation | None,
    by_chance: bool = False,
) -> Conclusion:
    """The sentence on one comparison; `small`: its interval lies within a point of zero;
    `by_chance`: it leaves zero out, and Holm's correction takes the claim back."""
    seen = BY_CHANCE if by_chance else SEEN[verdict]
    if expectation is None:
        return Conclusion(arm, "", seen, UNASKED[verdict], "")
    expected = expectation.words or EXPECTED[expectation.direction]
    met, means = _meaning(expectation.direction, verdict, small)
    return Conclusion(arm, expected, seen, means, met)


def _meaning(direction: Direction, verdict: Verdict, small: bool) -> tuple[Met, str]:
    """Whether it is as expected, and what that says about the cause."""
    if verdict == "no_claim":
        return "open", NO_CLAIM
    if verdict == "not_settled":
        return "open", OPEN
    if direction == "flat":
        if verdict == "none_seen":
            return "yes", FOR
        return ("yes", SMALL) if small else ("no", AGAINST_CHANGED)
    if verdict == direction:
        return "yes", FOR
    return "no", AGAINST_NONE if verdict == "none_seen" else AGAINST_TURNED
