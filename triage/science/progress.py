"""How far a piece of work is: a share, and what is being done in words that a page translates."""

from collections.abc import Callable
from typing import TypeAlias

# Called with a share 0..1 of the work and the step that it is at: a marked sentence, or a
# `Sentence` where it has numbers.
Progress: TypeAlias = Callable[[float, str], None]
