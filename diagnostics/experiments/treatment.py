"""What a trainer is shown: the samples of a run as one arm of an experiment treats them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diagnostics.measures.samples import Bools, Floats


@dataclass(frozen=True)
class Examples:
    """m samples as a trainer is shown them.

    `row` (m): rows of the material (of its target where the arm is tested on another run).
    `questions` (m): the first of each is how it is asked, the others say the same in other words;
    training draws one of them each epoch. `answers` (m): right answers, at least one in training.
    `image` (m): row of `Material.regions`, -1 where there is none or it is blanked. `weight` (m):
    of the training loss, 1 where nothing else is said. `text_blank` (m): the question is blanked.
    """

    row: npt.NDArray[np.int64]
    questions: tuple[tuple[str, ...], ...]
    answers: tuple[tuple[str, ...], ...]
    image: npt.NDArray[np.int64]
    weight: Floats
    text_blank: Bools

    def __len__(self) -> int:
        return len(self.row)
