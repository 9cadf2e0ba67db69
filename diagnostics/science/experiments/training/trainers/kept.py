"""An unfinished training as it is kept after an epoch, so that a crash loses seconds of it.

What is kept is a line of JSON and, behind it, parameters and moments in NumPy's npz format: nothing
is pickled. The line holds a checksum of what it was trained by - the material and everything else
that its bits depend on - and one of the arrays: what does not agree is left alone, and training
begins anew. What a seed draws is not kept, but drawn again up to the epoch.
"""

import hashlib
import io
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Keeper
from triage.science.record import scoring

if TYPE_CHECKING:
    from torch import Tensor

    from diagnostics.science.experiments.training.batched import Training

log = logging.getLogger(__name__)
# A training shorter than this is never kept; a longer one this often, and where writing is slow so
# seldom that it takes no more than this share of the time.
SECONDS_BETWEEN, SHARE_OF_TIME = 3.0, 0.02

# Credit on an arm's draw after an epoch, by arm, seed and epoch.
Curves = dict[tuple[str, int, int], float]


@dataclass(frozen=True)
class Keeping:
    """Where a trainer keeps its trainings, and its configuration, which their bits depend on."""

    keeper: Keeper
    configuration: Mapping[str, Any]


@dataclass
class Kept:
    """One training as it goes on: what it has come to besides its models, and where that is kept.

    `after`: the epoch that it was taken up after, 0 if it began anew; `seconds`: spent before that.
    """

    keeper: Keeper | None = None
    name: str = ""
    identity: Callable[[], str] = lambda: ""
    curves: Curves = field(default_factory=dict)
    after: int = 0
    seconds: float = 0.0
    begun: float = field(default_factory=time.monotonic)
    due: float = field(default_factory=lambda: time.monotonic() + SECONDS_BETWEEN)

    @classmethod
    def of(
        cls, keeping: Keeping | None, material: Material, arms: Sequence[Arm], seeds: Sequence[int]
    ) -> "Kept":
        """Of arms that are trained as one model a seed; nothing is kept without `keeping`."""
        if keeping is None:
            return cls()
        trained = {"arms": [arm.as_dict() for arm in arms], "seeds": list(seeds)}
        configuration = dict(keeping.configuration)

        # Of a large material this takes a moment: only for a training that is worth it.
        @cache
        def identity() -> str:
            return checksum(CODE, configuration, trained, material)

        return cls(keeping.keeper, checksum(trained)[:32], identity)

    def go_on(self, training: "Training") -> None:
        """Bring `training` to where it had come, if that is kept and was trained by the same."""
        if self.keeper is None:
            return
        try:
            data = self.keeper.load(self.name)
        except OSError as problem:
            log.info("a kept training could not be read: %s", problem)
            return
        if data is None:
            return
        try:
            about, state = unpacked(data, self.identity())
            curves = {(arm, seed, epoch): credit for arm, seed, epoch, credit in about["curves"]}
            seconds = float(about["seconds"])
            training.go_on(state, about["losses"])
        except Exception as problem:
            # Whatever is wrong with it: nothing is lost but time.
            log.info("a kept training is not gone on with: %s", problem)
            return
        self.curves, self.seconds, self.after = curves, seconds, training.done

    def save_if_due(self, training: "Training") -> None:
        """Keep it, unless that was done a moment ago."""
        if self.keeper is not None and time.monotonic() >= self.due:
            self.save(training)

    def save(self, training: "Training") -> None:
        """Keep it; where that fails it goes on all the same."""
        if self.keeper is None:
            return
        now = time.monotonic()
        about = {
            "losses": [each.tolist() for each in training.losses],
            "curves": [[*key, credit] for key, credit in self.curves.items()],
            "seconds": self.seconds + now - self.begun,
        }
        try:
            self.keeper.save(self.name, packed(about, training.state(), self.identity()))
        except OSError as problem:
            log.warning("a training could not be kept: %s", problem)
        ended = time.monotonic()
        self.due = ended + max(SECONDS_BETWEEN, (ended - now) / SHARE_OF_TIME)


def packed(about: Mapping[str, Any], state: Mapping[str, "Tensor"], identity: str) -> bytes:
    """What is kept, as bytes."""
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, **{name: each.numpy() for name, each in state.items()})
    body = arrays.getvalue()
    head = {**about, "identity": identity, "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body


def unpacked(data: bytes, identity: str) -> tuple[dict[str, Any], dict[str, "Tensor"]]:
    """Read back what `packed` gave. Raises ValueError where it is not whole, or of another."""
    import torch

    head, _, body = data.partition(b"\n")
    about = json.loads(head)
    if about["identity"] != identity:
        raise ValueError("it was trained by something else")
    if about["sha256"] != hashlib.sha256(body).hexdigest():
        raise ValueError("it is not whole")
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return about, {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def checksum(*parts: object) -> str:
    """SHA-256, hex, of numbers, texts, arrays, and sequences, mappings and dataclasses of them."""
    told = hashlib.sha256()
    for part in parts:
        _tell(told, part)
    return told.hexdigest()


def _tell(told: Any, part: object) -> None:
    if isinstance(part, np.ndarray):
        told.update(f"array {part.dtype.str} {part.shape} ".encode())
        told.update(np.ascontiguousarray(part))
    elif is_dataclass(part):
        told.update(f"{type(part).__name__} ".encode())
        for each in fields(part):
            _tell(told, each.name)
            _tell(told, getattr(part, each.name))
    elif isinstance(part, Mapping):
        told.update(f"mapping {len(part)} ".encode())
        for name in sorted(part):
            _tell(told, name)
            _tell(told, part[name])
    else:
        told.update(json.dumps(part, default=str).encode() + b" ")


def _code() -> str:
    """Checksum of the programs that train: another version of them would go on differently."""
    own = sorted(Path(__file__).resolve().parents[1].rglob("*.py"))
    sources = [*own, Path(scoring.__file__)]
    return checksum([[path.name, path.read_text(encoding="utf-8")] for path in sources])


# Now, not when needed: files may be replaced while this process goes on with what it has read.
CODE = _code()
