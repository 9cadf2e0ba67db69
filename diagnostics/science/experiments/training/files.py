"""The files of one experiment: what people had said, its trials, its reading, and word between the
processes that carry it out.

No Django here: trials are trained in processes and on machines that have none.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome, Stopped
from triage.science.store.store import RunFolder

PEOPLE, READING, STOP, KEPT = "people.parquet", "reading.json", "stop", "kept"
ABOUT = b"trial"
# A trainer speaks after every epoch; it is written down, and a wish to stop looked for, this often.
SECONDS_BETWEEN_WORDS = 0.5


class FilesChanged(ValueError):
    """A frozen file is not what it was; the message is for the person who asked."""


@dataclass(frozen=True)
class ExperimentFiles:
    """The folder of an experiment (`name`: its uuid, hex) inside its run's folder."""

    run: RunFolder
    name: str

    def path(self, *parts: str) -> tuple[str, ...]:
        """A file of the experiment, as a path in the run's folder."""
        return ("experiments", self.name, *parts)

    def freeze_people(self, table: pa.Table) -> str:
        """Write what people had said, once; the file's checksum (SHA-256, hex)."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        data = sink.getvalue().to_pybytes()
        self._write(data, PEOPLE)
        return hashlib.sha256(data).hexdigest()

    def copy_people(self, other: "ExperimentFiles", checksum: str) -> None:
        """Take over what another experiment froze. Raises FilesChanged."""
        self._write(other._frozen(checksum), PEOPLE)

    def people(self, checksum: str) -> pa.Table:
        """Read it back. Raises FilesChanged where it is not what was frozen."""
        return pq.read_table(pa.BufferReader(self._frozen(checksum)))

    def _frozen(self, checksum: str) -> bytes:
        data = self._read(PEOPLE)
        if hashlib.sha256(data).hexdigest() != checksum:
            raise FilesChanged(f"{PEOPLE} of the experiment was changed since it was frozen")
        return data

    def write_trial(self, place: int, outcome: Outcome, tested: Material) -> None:
        """Write one trial: its samples as rows, everything else about it beside them.

        `tested`: the material that the outcome's rows are of.
        """
        about = {
            "arm": outcome.arm,
            "seed": outcome.seed,
            "state": outcome.state,
            "seconds": outcome.seconds,
            "why": outcome.why,
            "curve": [[_finite(loss), _finite(credit)] for loss, credit in outcome.curve],
            "extra": {name: _finite(value) for name, value in outcome.extra.items()},
        }
        table = pa.table(
            {
                "row": pa.array(outcome.rows, pa.int64()),
                "position": pa.array(tested.position[outcome.rows], pa.int64()),
                "credit": pa.array(outcome.credit, pa.float64()),
                "prediction": pa.array(outcome.predictions.tolist(), pa.string()),
                "confidence": pa.array(outcome.confidence, pa.float64()),
            }
        ).replace_schema_metadata({ABOUT: json.dumps(about).encode()})
        self.run.write_table(table, *self.trial_path(place, outcome.seed))

    def trial_path(self, place: int, seed: int) -> tuple[str, ...]:
        """Where the trial of the arm at `place` of the design lies."""
        return self.path("trials", f"{place:02d}-{seed}.parquet")

    def read_trial(self, place: int, seed: int) -> Outcome:
        """Read back what `write_trial` wrote."""
        table = self.run.read_table(*self.trial_path(place, seed))
        about = json.loads(table.schema.metadata[ABOUT])
        return Outcome(
            arm=about["arm"],
            seed=about["seed"],
            state=about["state"],
            rows=table["row"].to_numpy().astype(np.int64),
            credit=table["credit"].to_numpy().astype(np.float64),
            predictions=np.array(table["prediction"].to_pylist(), dtype=np.str_),
            confidence=table["confidence"].to_numpy().astype(np.float64),
            curve=tuple((_number(loss), _number(credit)) for loss, credit in about["curve"]),
            seconds=about["seconds"],
            why=about["why"],
            extra={name: _number(value) for name, value in about["extra"].items()},
        )

    def write_reading(self, document: dict[str, Any]) -> None:
        """Keep what the trials say."""
        data = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        self._write(data, READING)

    def read_reading(self) -> dict[str, Any] | None:
        """What the trials say; None before they have ended."""
        if not self.run.has(*self.path(READING)):
            return None
        found: dict[str, Any] = json.loads(self._read(READING))
        return found

    def ask_stop(self) -> None:
        """Leave word that the trials should stop."""
        self._write(b"", STOP)

    def forget_stop(self) -> None:
        """Take the word back."""
        if self.stop_asked():
            self.run.root.fs.rm(self.run.path(*self.path(STOP)))

    def stop_asked(self) -> bool:
        """Whether the trials should stop."""
        self.run.root.fs.invalidate_cache()
        return self.run.has(*self.path(STOP))

    def teller(self, group: int) -> Callable[[float, str], None]:
        """The progress of one group of trials: kept for `told`; raises Stopped when asked to."""
        last, parent = -SECONDS_BETWEEN_WORDS, os.getppid()

        def tell(share: float, step: str) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < SECONDS_BETWEEN_WORDS:
                return
            last = now
            # Whoever started this process was killed: nobody is there to take the result.
            if self.stop_asked() or os.getppid() != parent:
                raise Stopped
            self._write(json.dumps([share, step]).encode(), "progress", f"{group}.json")

        return tell

    def told(self) -> dict[int, tuple[float, str]]:
        """How far each group under way is: share 0..1 and the step."""
        self.run.root.fs.invalidate_cache()
        found = {}
        pattern = self.run.path(*self.path("progress", "*.json"))
        for path in self.run.root.fs.glob(pattern):
            try:
                share, step = json.loads(self.run.root.fs.cat_file(path))
            except (OSError, ValueError):
                # It is being written, or was just taken away: the next look will see it.
                continue
            found[int(path.rsplit("/", 1)[1].removesuffix(".json"))] = (float(share), str(step))
        return found

    def forget_progress(self, group: int | None = None) -> None:
        """A group has ended (or all of them): it is not under way any more."""
        name = "*" if group is None else str(group)
        for path in self.run.root.fs.glob(self.run.path(*self.path("progress", f"{name}.json"))):
            self.run.root.fs.rm(path)

    def keeper(self, group: str) -> "TrainingFiles":
        """Where the unfinished trainings of a group of trials are kept."""
        return TrainingFiles(self, group)

    def forget_trainings(self, group: str | None = None) -> None:
        """A group has ended (or all of them): its trainings are not taken up any more."""
        parts = self.path(KEPT) if group is None else self.path(KEPT, group)
        self.run.root.fs.invalidate_cache()
        if self.run.has(*parts):
            self.run.root.fs.rm(self.run.path(*parts), recursive=True)

    def _write(self, data: bytes, *parts: str, lasting: bool = False) -> None:
        path = "/".join((self.run.relative, *self.path(*parts)))
        self.run.root.put(path, data, lasting=lasting)

    def _read(self, *parts: str) -> bytes:
        return self.run.root.get("/".join((self.run.relative, *self.path(*parts))))


@dataclass(frozen=True)
class TrainingFiles:
    """The keeper of one group's trainings: a file each, in the folder of their experiment."""

    files: ExperimentFiles
    group: str

    def load(self, name: str) -> bytes | None:
        """What was kept last; None where there is nothing. Raises OSError."""
        self.files.run.root.fs.invalidate_cache()
        try:
            return self.files._read(KEPT, self.group, name)
        except FileNotFoundError:
            return None

    def save(self, name: str, data: bytes) -> None:
        """Keep it instead of what was kept before. Raises OSError."""
        self.files._write(data, KEPT, self.group, name, lasting=True)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
