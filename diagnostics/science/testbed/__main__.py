"""`python -m diagnostics.testbed --to DIR`: write a run of the testbed's world."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from diagnostics.science.testbed.run_files import write_run
from diagnostics.science.testbed.training import TrainingConfig
from diagnostics.science.testbed.world import SMALL, WorldConfig


def main() -> None:
    """Write the files and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder for the files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="a few seconds, for trying things")
    parser.add_argument("--epochs", type=int, default=TrainingConfig.epochs)
    options = parser.parse_args()
    config = dataclasses.replace(SMALL if options.small else WorldConfig(), seed=options.seed)

    def show(share: float, step: str) -> None:
        sys.stderr.write(f"\r{100 * share:3.0f} % {step:<40}")

    run = write_run(options.to, config, TrainingConfig(epochs=options.epochs), show)
    sys.stderr.write("\n")
    print(json.dumps(dataclasses.asdict(run), default=str))  # noqa: T201 - this is its output


if __name__ == "__main__":
    main()
