"""What an arm trains and is tested with: one field a factor.

Two arms may differ in one field only; what they share is the baseline of their experiment.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

Curation = Literal["none", "curated", "random"]
Weighting = Literal["none", "mismatch", "loss"]


@dataclass(frozen=True)
class Settings:
    """The value of every factor. Raises ValueError for a share outside 0..1.

    `curation`: the training set as it is, cleaned by the curated set, or with as many samples
    dropped at random. `weighting`: of the training loss, by mismatch score or by training loss.
    `injected`: share of training answers replaced at random. `audited_only`: train on what people
    found clean. `knowledge`: training questions are also asked in a glossary's words. `answers`:
    train with the first reference, or with all that are right. `augmented`: pictures are varied in
    training. `shots`: samples of the target domain added to training; -1 is all there are.
    `reserved`: what they may be taken from is kept out of testing, in every arm alike. `placed`:
    whether the model knows where a region lies. `relations`, `attended`, `contrastive`:
    further losses. `dropped_image`, `dropped_text`: share of training samples whose picture or
    question is blanked. `imputed`: a missing modality is filled in from like training samples.
    `scored`: a prediction is held to the file's references, or to every answer that people
    accepted. `deleted`: words of this role are taken out of the tested questions.
    `blanked_image`, `blanked_text`: share of tested samples whose picture or question is blanked.
    `tested_on`: the run's own evaluation, or another run's.
    """

    curation: Curation = "none"
    weighting: Weighting = "none"
    injected: float = 0.0
    audited_only: bool = False
    knowledge: bool = False
    answers: Literal["first", "all"] = "first"
    augmented: bool = False
    shots: int = 0
    reserved: bool = False
    placed: bool = True
    relations: bool = False
    attended: bool = False
    contrastive: bool = False
    dropped_image: float = 0.0
    dropped_text: float = 0.0
    imputed: bool = False
    scored: Literal["references", "accepted"] = "references"
    deleted: str = ""
    blanked_image: float = 0.0
    blanked_text: float = 0.0
    tested_on: Literal["own", "other"] = "own"

    def __post_init__(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, 0 to 1, not {getattr(self, name)}")

    def as_dict(self) -> dict[str, Any]:
        """Every factor by its name, as it is stored."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Settings":
        """Read back what `as_dict` wrote. Raises TypeError for a factor that there is not."""
        return cls(**stored)

    def for_training(self) -> "Settings":
        """The same with what changes testing alone at its default: equal ones train alike."""
        default = Settings()
        return replace(self, **{name: getattr(default, name) for name in TESTING})


SHARES = ("injected", "dropped_image", "dropped_text", "blanked_image", "blanked_text")
# Factors that change the test and not the training.
TESTING = ("reserved", "scored", "deleted", "blanked_image", "blanked_text", "tested_on")
FACTORS = tuple(each.name for each in fields(Settings))


def differences(first: Settings, second: Settings) -> tuple[str, ...]:
    """The factors in which two arms differ."""
    return tuple(name for name in FACTORS if getattr(first, name) != getattr(second, name))
