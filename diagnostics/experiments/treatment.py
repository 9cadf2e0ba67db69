"""From an arm's settings to the samples that a trainer is shown, in training and in testing.

Every draw follows from the seed and the factor it belongs to: arms with the same seed share what
they do not differ in, and a larger share of a factor holds the smaller one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diagnostics.measures.samples import Bools, Floats

Rows = npt.NDArray[np.int64]
Texts = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Examples:
    """m samples as a trainer is shown them.

    `row` (m): rows of the material (of its target where the test is another run's). `questions`
    (m): the first is how it is asked, the others are the same in other words (training draws one
    of them each epoch). `answers` (m): right answers, at least one; several only where the arm
    trains on all. `image` (m): row of `Material.regions`, -1 where it is missing or blanked.
    `weight` (m) of the training loss. `text_blank` (m): the question is blanked.
    """

    row: Rows
    questions: Texts
    answers: Texts
    image: Rows
    weight: Floats
    text_blank: Bools

    def __len__(self) -> int:
        return len(self.row)
