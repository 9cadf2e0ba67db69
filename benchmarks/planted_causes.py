"""Whether the diagnosis names what was planted: a confusion matrix and one JSON line.

    python -m benchmarks.planted_causes [--seeds 0 1 2 3 4] [--worlds noise mixed …] [--small]

For every seed, six worlds with one planted cause each, a clean and a mixed one are drawn, a model
is really trained on each, and its files go through the product's own verbs: import, analysis,
diagnosis. A world is named rightly where the planted cause affects most errors of the evaluation
and is claimed (weak or strong); the clean one where nothing is claimed. `macro_f1` is that of the
causes of single errors in the mixed worlds' evaluation, errors without a planted cause counting
against whoever claims them; `macro_f1_all` counts the training errors too. The rules' thresholds
were set on seeds from 101 on; those are never reported.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.product import imported, prepare

CLEAN, MIXED = "clean", "mixed"


def diagnosed(config: Any, folder: Path) -> dict[str, Any]:
    """Plant one world, bring it through the product, and hold its naming against the truth."""
    from diagnostics.causes.naming import read_causes
    from diagnostics.diagnosis.diagnosing import diagnose_run, read_document
    from diagnostics.diagnosis.priorities import causes
    from diagnostics.science.testbed.planted_run import write_planted
    from triage.clusters.analysing import analyse_run
    from triage.models import Project

    begun = time.perf_counter()
    written = write_planted(folder, config)
    planted = time.perf_counter() - begun
    project = Project.start(f"{config.name} {config.seed}")
    run = imported(project, written.predictions, config.name, written.images)
    analyse_run(run)
    diagnosis = diagnose_run(run)
    page = causes(diagnosis, read_document(diagnosis)["measures"])
    naming = diagnosis.naming()
    assert page is not None
    assert naming is not None
    truth = [json.loads(line) for line in written.truth.read_text().splitlines()]
    table = read_causes(naming)
    pairs = [
        (truth[position]["cause"], cause, truth[position]["sample_id"].startswith("train-"))
        for position, cause in zip(
            table["position"].to_pylist(), table["cause"].to_pylist(), strict=True
        )
    ]
    counts = {row["cause"].name: row["affected"]["evaluated"] for row in page["rows"]}
    claimed = [r["cause"].name for r in page["rows"] if r["verdict"]["strength"] != "none"]
    leading = max(counts, key=lambda name: counts[name])
    return {
        "world": config.name,
        "seed": config.seed,
        "accuracy": written.accuracy["split test"],
        "errors": page["errors"],
        "leading": leading if leading in claimed else "none",
        "claimed": claimed,
        "counts": counts,
        "pairs": pairs,
        "planting_seconds": round(planted, 1),
        "seconds": round(time.perf_counter() - begun, 1),
    }


def macro_f1(worlds: list[dict[str, Any]], training: bool) -> float | None:
    """Mean F1 of the six causes over the errors of the mixed worlds."""
    from sklearn.metrics import f1_score

    from diagnostics.science.causes.catalogue import NAMES

    pairs = [pair for world in worlds for pair in world["pairs"] if training or not pair[2]]
    if not pairs:
        return None
    truth, named = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return round(float(f1_score(truth, named, labels=list(NAMES), average="macro")), 3)


def matrix(found: list[dict[str, Any]]) -> str:
    """Planted cause by leading cause, in worlds."""
    from diagnostics.science.causes.catalogue import NAMES

    columns = [*NAMES, "none"]
    counts = Counter((each["world"], each["leading"]) for each in found)
    rows = [world for world in (*NAMES, CLEAN) if any(each["world"] == world for each in found)]
    lines = ["planted \\ leading".ljust(18) + "".join(name[:12].rjust(14) for name in columns)]
    lines += [
        row.ljust(18) + "".join(str(counts[row, name] or ".").rjust(14) for name in columns)
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Every world of every seed; progress on stderr, the matrix and the JSON line on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--worlds", nargs="+", help="only these")
    parser.add_argument("--small", action="store_true", help="tiny worlds, to try the script")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch))
        from diagnostics.science.testbed.planting import WORLDS

        found = []
        for seed in options.seeds:
            for name, config in WORLDS.items():
                if options.worlds and name not in options.worlds:
                    continue
                sized = {"train": 600, "val": 100, "test": 300} if options.small else {}
                own = dataclasses.replace(config, seed=seed, **sized)
                result = diagnosed(own, Path(scratch) / f"{name}-{seed}")
                found.append(result)
                shown = {key: result[key] for key in result if key != "pairs"}
                sys.stderr.write(json.dumps(shown) + "\n")
        single = [each for each in found if each["world"] not in (CLEAN, MIXED)]
        clean = [each for each in found if each["world"] == CLEAN]
        mixed = [each for each in found if each["world"] == MIXED]
        print(matrix(found))
        print(
            json.dumps(
                {
                    "worlds": len(single),
                    "named": sum(each["leading"] == each["world"] for each in single),
                    "clean_worlds": len(clean),
                    "clean_called_clean": sum(not each["claimed"] for each in clean),
                    "macro_f1": macro_f1(mixed, training=False),
                    "macro_f1_all": macro_f1(mixed, training=True),
                    "seeds": options.seeds,
                    "planting_seconds_most": max(each["planting_seconds"] for each in found),
                    "seconds": round(sum(each["seconds"] for each in found)),
                }
            )
        )


if __name__ == "__main__":
    main()
