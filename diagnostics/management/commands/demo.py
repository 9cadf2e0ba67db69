"""`demo`: a world made on the spot, a model trained on it, and its errors ready to be judged."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from annotations.standing.standing import noise_ratio
from diagnostics.demonstration.demonstration import demonstrate
from diagnostics.demonstration.world_judges import TRUTH


class Command(BaseCommand):
    """Safe to run again: it makes what is missing and prints new passwords."""

    help = "Makes the demonstration: data, model, run, audits, diagnosis; prints how to sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--small", action="store_true", help="a tiny world, in seconds")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where it is served")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        made = demonstrate(small=options["small"], progress=self._progress)
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

    def _progress(self, share: float, step: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{100 * share:3.0f} % {step:<48}", ending="")
            if share >= 1:
                self.stderr.write("")
        elif step != getattr(self, "_said", ""):
            self._said = step
            self.stderr.write(f"{100 * share:3.0f} % {step}")
