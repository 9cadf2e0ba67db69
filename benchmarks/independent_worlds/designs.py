"""The worlds: what is planted in each, and what else is unlike."""

from dataclasses import dataclass, replace

# A plant may come in several kinds; the claim that is right is of its cause.
CAUSE_OF = {
    "noise": "noise",
    "domain": "generalisation",
    "overfit": "generalisation",
    "rare": "generalisation",
    "new_words": "semantic",
    "hard_words": "semantic",
    "off_box": "spatial",
    "blind": "missing_modality",
    "cut": "missing_modality",
    "ambiguous": "ambiguity",
}


@dataclass(frozen=True)
class Design:
    """One world. `base_error`: error rate (0..1) before anything is planted; `train_share`: the
    training error as a share of it. `stretch`: of reported logits; above 1 is overconfident.
    `size`: of a plant, 1 makes about a third of the errors. `box`: its side in picture widths.
    `floor`: least d' of a row: below, a hard picture is not misread but says next to nothing.
    """

    name: str
    planted: tuple[str, ...] = ()
    base_error: float = 0.2
    train_share: float = 0.4
    stretch: float = 1.0
    size: float = 1.0
    box: float = 0.3
    floor: float = 0.8
    tail: float = 1.0
    varied_length: bool = False
    yes_no_only: bool = False
    other_domain: bool = False
    with_boxes: bool = True
    with_candidates: bool = True
    with_text_only: bool = True
    minimal: bool = False
    trained: int = 3000
    evaluated: int = 2500

    @property
    def causes(self) -> frozenset[str]:
        return frozenset(CAUSE_OF[each] for each in self.planted)


CLEAN = (
    Design("calibrated"),
    Design("overconfident", stretch=2.0),
    Design("underconfident", stretch=0.5),
    Design("long tail", tail=1.6),
    Design("varied length", varied_length=True),
    Design("small boxes", box=0.1),
    Design("yes or no", yes_no_only=True),
    Design("other domain, no drop", other_domain=True),
    Design("accuracy 60", base_error=0.4, train_share=0.6),
    Design("accuracy 70", base_error=0.3, train_share=0.5, stretch=1.5),
    Design("accuracy 90", base_error=0.1),
    Design("well fitted", train_share=0.05),
    Design("pictures that say little", floor=0.3),
    Design("few rows", trained=800, evaluated=700),
    Design("minimal", minimal=True),
)
# Base errors below the planted ones make about a fifth of all answers wrong.
_ONE = Design("", base_error=0.125)
_OVER, _UNDER = replace(_ONE, stretch=2.0), replace(_ONE, stretch=0.5)
ONE = (
    replace(_ONE, name="noise", planted=("noise",)),
    replace(_OVER, name="noise, overconfident", planted=("noise",)),
    replace(_UNDER, name="noise, underconfident", planted=("noise",)),
    replace(_ONE, name="noise, yes or no", planted=("noise",), yes_no_only=True),
    replace(_ONE, name="noise, accuracy 70", planted=("noise",), base_error=0.22),
    replace(_ONE, name="noise, no candidates", planted=("noise",), with_candidates=False),
    replace(_ONE, name="domain", planted=("domain",), other_domain=True),
    replace(_OVER, name="domain, overconfident", planted=("domain",), other_domain=True),
    Design("overfit", ("overfit",), base_error=0.3, train_share=0.02),
    Design("overfit, overconfident", ("overfit",), base_error=0.35, train_share=0.03, stretch=2),
    replace(_ONE, name="rare", planted=("rare",)),
    replace(_ONE, name="new words", planted=("new_words",)),
    replace(_OVER, name="new words, long tail", planted=("new_words",), tail=1.6),
    replace(_ONE, name="hard words", planted=("hard_words",)),
    replace(_UNDER, name="hard words, varied length", planted=("hard_words",), varied_length=True),
    replace(_ONE, name="off box", planted=("off_box",)),
    replace(_OVER, name="off small box", planted=("off_box",), box=0.1),
    replace(_ONE, name="off box, no boxes", planted=("off_box",), with_boxes=False),
    replace(_ONE, name="blind", planted=("blind",)),
    replace(_OVER, name="blind, overconfident", planted=("blind",)),
    replace(_ONE, name="cut", planted=("cut",)),
    replace(_ONE, name="cut, varied length", planted=("cut",), varied_length=True),
    replace(_ONE, name="ambiguous", planted=("ambiguous",)),
    replace(_OVER, name="ambiguous, overconfident", planted=("ambiguous",)),
)
_TWO = Design("", base_error=0.09, size=0.8)
TWO = (
    replace(_TWO, name="noise and domain", planted=("noise", "domain"), other_domain=True),
    replace(_TWO, name="noise and new words", planted=("noise", "new_words")),
    replace(_TWO, name="off box and blind", planted=("off_box", "blind"), stretch=1.5),
    replace(_TWO, name="hard words and cut", planted=("hard_words", "cut")),
    replace(_TWO, name="domain and off box", planted=("domain", "off_box"), other_domain=True),
    replace(_TWO, name="ambiguous and noise", planted=("ambiguous", "noise"), stretch=0.7),
)
DESIGNS = CLEAN + ONE + TWO
