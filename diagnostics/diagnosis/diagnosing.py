"""Diagnosing a run: every measure once, stored as one document."""

import json
import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from diagnostics.causes.naming import name_diagnosis
from diagnostics.models import Diagnosis
from diagnostics.science.columns.gathering import Sources, gather
from diagnostics.science.measures import documents
from diagnostics.science.measures.registry import MEASURES
from triage.clusters.analysing import RunPictures
from triage.models import Run
from triage.science.progress import Progress


class DiagnosisRefused(ValueError):
    """The run cannot be diagnosed; the message is for the person who asked."""


def diagnose_run(
    run: Run,
    *,
    seed: int = 0,
    user: Any = None,
    progress: Progress = lambda share, step: None,
) -> Diagnosis:
    """Take every measure of `run`; the diagnosis becomes its newest. Raises DiagnosisRefused."""
    # Here, not above: pages import this module, and SciPy and scikit-learn cost a second.

    if not run.samples:
        raise DiagnosisRefused(_("The run has no samples to diagnose."))
    clustering = run.current_clustering()
    folder = run.folder
    begun = time.perf_counter()
    samples = gather(
        Sources(folder, run.scoring, clustering.uuid.hex if clustering else None),
        image_size=RunPictures(run).size,
        seed=seed,
        progress=lambda share, step: progress(0.5 * share, step),
    )
    seconds = {"gathering": round(time.perf_counter() - begun, 2)}
    results = {}
    for number, measure in enumerate(MEASURES):
        progress(0.5 + 0.45 * number / len(MEASURES), measure.title)
        begun = time.perf_counter()
        results[measure.name] = measure.compute(samples)
        seconds[measure.name] = round(time.perf_counter() - begun, 2)
    progress(0.95, _("Naming causes"))
    side = samples.evaluated()
    diagnosis = Diagnosis(
        run=run,
        clustering=clustering,
        seed=seed,
        created_by=user,
        parameters={
            "samples": len(samples),
            "evaluated": int(side.sum()),
            "errors": int((side & samples.error).sum()),
            "seconds": seconds,
        },
    )
    document = documents.document_of(
        results, run=str(run.uuid), diagnosis=str(diagnosis.uuid), seed=seed
    )
    with folder.open_write(*diagnosis.path) as stream:
        stream.write(documents.dumped(document))
    with transaction.atomic():
        # The rows last: what they name is there.
        diagnosis.save(force_insert=True)
        name_diagnosis(diagnosis, samples, user=user)
    return diagnosis


def read_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The stored document."""
    folder = diagnosis.run.folder
    with folder.root.fs.open(folder.path(*diagnosis.path), "rb") as stream:
        found: dict[str, Any] = json.load(stream)
    return found
