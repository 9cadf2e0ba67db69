"""`demo`: a world made on the spot, a model trained on it, and its errors ready to be judged."""

import sys
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from annotations.standing.standing import noise_ratio
from diagnostics.demonstration.demonstration import demonstrate
from diagnostics.demonstration.world_judges import TRUTH

# Up to which share of the work each stage goes, and what it is called.
STAGES = (
    (0.7, "Scenes drawn, a model trained on them and asked"),
    (0.75, "Predictions imported"),
    (0.96, "Errors measured and clustered"),
    (0.97, "Audits drawn and judged"),
    (1.0, "Run diagnosed"),
)


class Command(BaseCommand):
    """Safe to run again: it makes what is missing and prints new passwords."""

    help = "Makes the demonstration: data, model, run, audits, diagnosis; prints how to sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--small", action="store_true", help="a tiny world, in seconds")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where it is served")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        made = demonstrate(
            small=options["small"], progress=Stages(self.stderr.write, sys.stderr.isatty())
        )
        ratio = noise_ratio(made.finished)
        base = options["url"].rstrip("/")
        self.stdout.write("")
        self.stdout.write(
            f"Run “{made.run}”: {made.run.samples:,} samples, {made.run.errors:,} errors, "
            f"in {time.monotonic() - begun:.0f} s."
        )
        self.stdout.write(
            f"Audit “{made.finished}”, judged by {TRUTH}: {ratio.successes} of {ratio.decided} "
            f"are noise, 95 % interval {100 * ratio.low:.1f} % to {100 * ratio.high:.1f} %."
        )
        self.stdout.write(f"Audit “{made.waiting}” waits for you.")
        self.stdout.write("")
        self.stdout.write(f"  Open        {base}{reverse('triage:projects')}")
        self.stdout.write(f"  Lead        lead / {made.passwords['lead']}")
        self.stdout.write(f"  Annotator   annotator / {made.passwords['annotator']}")
        self.stdout.write("")


class Stages:
    """One line a stage: on a terminal it rewrites itself, elsewhere it is written when it ends."""

    def __init__(self, write: Callable[..., None], rewrites: bool) -> None:
        self._write, self._rewrites = write, rewrites
        self._stage = 0
        self._begun = time.monotonic()

    def __call__(self, share: float, step: str) -> None:
        """The work is at `share`, 0..1; what is done now is shown on a terminal alone."""
        while self._stage < len(STAGES) and share >= STAGES[self._stage][0]:
            self._end()
        if self._rewrites and self._stage < len(STAGES):
            words = STAGES[self._stage][1]
            self._write(f"\r{100 * share:3.0f} %  {words}: {step}"[:78].ljust(79), ending="")

    def _end(self) -> None:
        upto, words = STAGES[self._stage]
        seconds = time.monotonic() - self._begun
        line = f"{100 * upto:3.0f} %  {words}, {seconds:.0f} s"
        self._write(f"\r{line:<79}" if self._rewrites else line)
        self._stage += 1
        self._begun = time.monotonic()
