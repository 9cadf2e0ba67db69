"""Training by an external script: started without a shell, in a fresh folder, with a time limit.

Which scripts there are is the server owner's to say (`TRAINING_COMMANDS`); an experiment names one.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import (
    Keeper,
    Outcome,
    TrainingRefused,
)
from diagnostics.science.experiments.design.settings import FACTORS, Settings
from diagnostics.science.experiments.material.treatment import (
    credits,
    tested_examples,
    training_examples,
)
from diagnostics.science.experiments.training.trainers.manifest import (
    BadPredictions,
    ImagePath,
    read_predictions,
    write_configuration,
    write_manifest,
)
from triage.science.processes import die_with_parent
from triage.science.progress import Progress

# Factors that the rows of a manifest cannot carry: the script itself has to see to them.
LEFT_TO_THE_SCRIPT = (
    "augmented", "placed", "relations", "attended", "contrastive", "dropped_image", "dropped_text",
)  # fmt: skip
# What a script has no business to know.
WITHHELD = ("SECRET_KEY", "DATABASE_URL")
LOOK_EVERY, GRACE_SECONDS = 0.1, 3.0
TAIL, MOST_OUTPUT = 2000, 64 * 1024**2


def no_image_path(picture: int) -> Path | None:
    """For material whose pictures are no files: scripts are shown none."""
    return None


@dataclass(frozen=True)
class CommandTrainer:
    """Trains by calling a script once for each arm and seed.

    `command`: a name of `commands` (name → words, the program first); the configuration's path is
    added as the last word. `honours`: factors beyond the manifest that this script sees to itself.
    `image_path`, `target_image_path`: where the picture in a row of `Material.regions` lies, for
    the material and for its target. `keep`: a folder in which the trials' files stay; without it
    they are deleted. Raises TrainingRefused for a command that is not among `commands`, and
    ValueError for a factor that there is not.
    """

    command: str
    commands: Mapping[str, Sequence[str]]
    seconds: float = 6 * 3600.0
    honours: tuple[str, ...] = ()
    image_path: ImagePath = no_image_path
    target_image_path: ImagePath = no_image_path
    keep: Path | None = None
    name: str = field(default="command", init=False)

    def __post_init__(self) -> None:
        if self.command not in self.commands:
            known = ", ".join(f"“{each}”" for each in self.commands) or "none"
            raise TrainingRefused(
                f"“{self.command}” is not among the training commands of this server ({known}); "
                "its owner adds them in TRAINING_COMMANDS"
            )
        unknown = [each for each in self.honours if each not in FACTORS]
        if unknown:
            raise ValueError(f"there is no factor {', '.join(unknown)}")

    @property
    def words(self) -> tuple[str, ...]:
        """The command as it is started, the program by its full path."""
        program, *rest = self.commands[self.command]
        return (shutil.which(program) or program, *rest)

    def configuration(self) -> dict[str, Any]:
        """The words of the command, and the SHA-256 of every file among them."""
        files = [Path(word) for word in self.words if os.path.isabs(word)]
        return {
            "trainer": self.name,
            "command": self.command,
            "words": list(self.words),
            "checksums": {str(path): _checksum(path) for path in files if path.is_file()},
            "honours": list(self.honours),
            "seconds": self.seconds,
        }

    def run(
        self,
        material: Material,
        arms: Sequence[Arm],
        seeds: Sequence[int],
        progress: Progress,
        keeper: Keeper | None = None,
    ) -> list[Outcome]:
        """Call the script for each arm and seed; each call ends as one outcome, whatever it did.

        What a script keeps of an unfinished training is its own affair, not the keeper's.
        Raises TrainingRefused for a factor that the script does not see to, or material that does
        not allow an arm; what `progress` raises ends the script and its children.
        """
        for arm in arms:
            self._refuse_unseen(arm)
        trials = [(arm, seed) for arm in arms for seed in seeds]
        found = []
        for number, (arm, seed) in enumerate(trials):
            share, words = number / len(trials), f"Training {arm.name}, seed {seed}"
            look = partial(progress, share, words)
            look()
            found.append(self._trial(material, arm, seed, look))
        progress(1.0, "Trained")
        return found

    def _refuse_unseen(self, arm: Arm) -> None:
        default = Settings()
        for factor in LEFT_TO_THE_SCRIPT:
            changed = getattr(arm.settings, factor) != getattr(default, factor)
            if changed and factor not in self.honours:
                raise TrainingRefused(
                    f"“{arm.name}” changes {factor}, which the command “{self.command}” is not "
                    "said to honour"
                )

    def _trial(self, material: Material, arm: Arm, seed: int, look: Callable[[], None]) -> Outcome:
        started = time.monotonic()
        trained = training_examples(material, arm.settings, seed)
        tested = tested_examples(material, arm.settings, seed)
        target = _tested_material(material, arm.settings)
        other = target is not material
        with self._fresh_folder() as made:
            folder = Path(made)
            write_manifest(
                folder / "manifest.parquet", material, trained, tested, target,
                self.image_path, self.target_image_path if other else self.image_path,
            )  # fmt: skip
            write_configuration(folder / "configuration.json", arm, seed, target.rule, folder)
            problem = self._call(folder, look)
            if problem:
                return Outcome.without_result(arm.name, seed, "failed", problem)
            try:
                said = read_predictions(folder, target.sample_id[tested.row])
            except BadPredictions as bad:
                return Outcome.without_result(
                    arm.name, seed, "failed", _with_tail(str(bad), folder / "output.txt")
                )
        return Outcome(
            arm=arm.name,
            seed=seed,
            state="done",
            rows=tested.row,
            credit=credits(material, tested, said.texts, arm.settings),
            predictions=said.texts,
            confidence=said.confidence,
            seconds=time.monotonic() - started,
        )

    def _fresh_folder(self) -> AbstractContextManager[str]:
        if self.keep is None:
            return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        return nullcontext(tempfile.mkdtemp(dir=self.keep))

    def _call(self, folder: Path, look: Callable[[], None]) -> str:
        """Run the script to its end; what went wrong, or nothing. What `look` raises goes up."""
        output = folder / "output.txt"
        environment = {name: v for name, v in os.environ.items() if name not in WITHHELD}
        with output.open("wb") as written:
            try:
                process = subprocess.Popen(
                    [*self.words, str(folder / "configuration.json")],
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
            except OSError as problem:
                return f"the command cannot be started: {problem}"
            try:
                over = self._watch(process, written, look)
            finally:
                _end_group(process)
        if over:
            return _with_tail(over, output)
        if process.returncode:
            return _with_tail(f"the command ended with status {process.returncode}", output)
        return ""

    def _watch(
        self, process: subprocess.Popen[bytes], written: IO[bytes], look: Callable[[], None]
    ) -> str:
        """Wait for the script; why it has to be ended before its time, or nothing."""
        limit = time.monotonic() + self.seconds
        while process.poll() is None:
            if time.monotonic() > limit:
                return f"the command did not end within {self.seconds:g} seconds"
            if os.fstat(written.fileno()).st_size > MOST_OUTPUT:
                return f"the command printed more than {MOST_OUTPUT // 1024**2} MiB"
            look()
            time.sleep(LOOK_EVERY)
        return ""


def _tested_material(material: Material, settings: Settings) -> Material:
    target = material.target if settings.tested_on == "other" else material
    assert target is not None, "tested_examples has refused an arm without its other run"
    return target


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the script and all that it started, politely first. Harmless where it has ended."""
    for number, patience in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _with_tail(words: str, output: Path) -> str:
    """`words`, and the last that the script printed."""
    with output.open("rb") as stream:
        stream.seek(max(0, output.stat().st_size - TAIL))
        tail = stream.read().decode("utf-8", "replace").strip()
    return f"{words}; it said last:\n{tail}" if tail else f"{words}; it said nothing"


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
