"""A diagnosis at scale: 1,000,000 predictions with their evidence, then every page over it.

    python -m benchmarks.diagnosis_scale [--rows N]

The rows are those of benchmarks.import_scale, each with candidates, attention, boxes, the answers
of either modality alone and the losses of two epochs. Prints one JSON line: seconds of the
diagnosis by step (`gathering` holds the features) and those of the processor, peak memory, and
milliseconds that the server takes for each page (median of three after one that warms it up).
Errors are not clustered: benchmarks.clustering_scale does that.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.import_scale import write_predictions
from benchmarks.product import imported

SIDE = 4
TIMES = 3


def with_evidence(plain: Path, sink: Path, seed: int = 0) -> None:
    """Every row of a file of predictions again, with evidence beside the answer."""
    rng = np.random.default_rng(seed)
    with plain.open() as lines, sink.open("w") as written:
        for line in lines:
            row = json.loads(line)
            sure = row["confidence"]
            grid = rng.integers(1, 9, (SIDE, SIDE)).tolist()
            left, top = rng.integers(0, 50, 2) / 100
            said = {"prediction": row["prediction"], "confidence": sure}
            row |= {
                "template": row["question"].split(" number")[0] + f" {row['category']}",
                "candidates": [
                    {"answer": row["prediction"], "probability": sure},
                    {"answer": row["answers"][0], "probability": round((1 - sure) / 2, 4)},
                    {"answer": "none", "probability": round((1 - sure) / 4, 4)},
                ],
                "attention": grid,
                "boxes": [[left, top, left + 0.3, top + 0.3]],
                "image_only": said,
                "text_only": said,
            }
            if row["split"] == "train":
                row["loss"] = rng.gamma(2.0, 0.5, 2).round(3).tolist()
            written.write(json.dumps(row) + "\n")


def brought_in(source: Path) -> Any:
    """The run, imported and in a project with a lead, and the lead."""
    from django.contrib.auth import get_user_model

    from triage.models import Project, Role

    project = Project.start("Scale")
    lead = get_user_model().objects.create_user("lena")
    project.admit(lead, Role.LEAD)
    return imported(project, source, "a million"), lead


def pages_of(run: Any) -> dict[str, str]:
    """The address of every page of a diagnosis."""
    from django.urls import reverse

    from diagnostics.diagnosis.priorities import measures_of
    from diagnostics.science.measures.registry import MEASURES

    found = {
        name: reverse(f"diagnostics:{name}", args=[run.pk])
        for name in ("diagnosis", "queue", "clusters", "checklist", "report")
    }
    measures = measures_of(run)[1] or {}
    for measure in MEASURES:
        found[measure.name] = reverse("diagnostics:measure", args=[run.pk, measure.name])
        for figure in measures[measure.name]["figures"]:
            if figure["behind"] and figure["behind"]["positions"]:
                known = [run.pk, measure.name, figure["name"]]
                found["behind"] = reverse("diagnostics:behind", args=known)
                found["evidence"] = reverse(
                    "diagnostics:sample-cause", args=[run.pk, figure["behind"]["positions"][0]]
                )
    found["cause"] = reverse("diagnostics:cause", args=[run.pk, "ambiguity"])
    return found


def milliseconds(run: Any, lead: Any) -> dict[str, float]:
    """What the server takes for each page."""
    from django.test import Client

    client = Client()
    client.force_login(lead)
    found = {}
    for name, address in pages_of(run).items():
        times = []
        for _ in range(TIMES + 1):
            begun = time.perf_counter()
            response = client.get(address)
            times.append(1000 * (time.perf_counter() - begun))
            assert response.status_code == 200, (name, response.status_code)
        found[name] = round(statistics.median(times[1:]), 1)
    return found


def measured(folder: Path, rows: int) -> dict[str, Any]:
    """Import, diagnose, ask for every page."""
    from django.core.management import call_command

    from diagnostics.diagnosis.diagnosing import diagnose_run

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    plain, source = folder / "plain.jsonl", folder / "predictions.jsonl"
    write_predictions(plain, rows)
    with_evidence(plain, source)
    plain.unlink()
    begun = time.perf_counter()
    run, lead = brought_in(source)
    importing = time.perf_counter() - begun
    source.unlink()
    begun, worked = time.perf_counter(), time.process_time()
    diagnosis = diagnose_run(run)
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    return {
        "rows": run.samples,
        "errors": run.errors,
        "import_seconds": round(importing, 1),
        "diagnosis_seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "steps": diagnosis.parameters["seconds"],
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "milliseconds": milliseconds(run, lead),
    }


def main() -> None:
    """Everything in a folder and a database of its own; one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alignment-triage-bench-") as name:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "triage.settings",
            "SECRET_KEY": "of a benchmark",
            "DATA_ROOT": f"{name}/data",
            "DATABASE_URL": f"sqlite:///{name}/db.sqlite3",
            "ALLOWED_HOSTS": "testserver",
            "DEBUG": "on",
        }
        import django

        django.setup()
        Path(name, "data").mkdir()
        print(json.dumps(measured(Path(name), wish.rows)))


if __name__ == "__main__":
    main()
