"""Analysing a run: features, embeddings and clusters of its error samples, stored."""

from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from triage.models import Clustering, Run
from triage.science.analysis.analysis import analyse
from triage.science.analysis.encoders import EncoderUnavailable
from triage.science.progress import Progress
from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import decode, read_run_image, size_of

# Encoders look at pictures this large at most.
ENCODER_SIDE = 384


class AnalysisRefused(ValueError):
    """The run cannot be analysed as asked; the message is for the person who asked."""


def analyse_run(
    run: Run,
    *,
    seed: int = 0,
    encoder: str | None = None,
    progress: Progress = lambda share, step: None,
) -> Clustering:
    """Measure and cluster the error samples of `run`; the clustering becomes its current one.

    Raises AnalysisRefused where the encoder cannot be used.
    """
    # Here, not above: pages import this module, and scikit-learn costs a second.

    folder = run.folder
    pictures = RunPictures(run)
    try:
        result = analyse(
            folder,
            seed=seed,
            encoder=encoder or None,
            load_image=pictures.load,
            image_size=pictures.size,
            progress=progress,
        )
    except EncoderUnavailable as problem:
        raise AnalysisRefused(str(problem)) from problem
    clustering = Clustering(
        run=run,
        seed=seed,
        encoder=result.encoder,
        parameters=result.parameters,
        cards=[card.to_dict() for card in result.cards],
        clusters=result.clusters,
        unclustered=result.unclustered,
    )
    progress(0.98, _("Writing"))
    folder.write_table(result.features, "features.parquet")
    folder.write_table(result.clustering, "clusterings", f"{clustering.uuid.hex}.parquet")
    with transaction.atomic():
        clustering.save(force_insert=True)
    return clustering


class RunPictures:
    """The run's images for the encoders; what cannot be opened is no image."""

    def __init__(self, run: Run) -> None:
        self.folder = run.folder
        self.image_root = run.image_root

    def _bytes(self, path: str) -> bytes | None:
        try:
            return read_run_image(self.folder, self.image_root, path)
        except (OSError, NotAPicture):
            return None

    def load(self, path: str) -> Image.Image | None:
        """The picture, RGB, at a size that encoders use."""
        data = self._bytes(path)
        if data is None:
            return None
        try:
            return decode(data, ENCODER_SIDE).convert("RGB")
        except NotAPicture:
            return None

    def size(self, path: str) -> tuple[int, int] | None:
        """Width and height in pixels, from the header."""
        if self.image_root:
            # Only the header is read: photos are megabytes.
            data = _first_bytes(Path(self.image_root), path)
        else:
            data = self._bytes(path)
        try:
            return None if data is None else size_of(data)
        except NotAPicture:
            whole = self._bytes(path)
            try:
                return None if whole is None else size_of(whole)
            except NotAPicture:
                return None


def _first_bytes(root: Path, path: str, count: int = 65_536) -> bytes | None:
    folder = root.resolve()
    target = (folder / path).resolve()
    if not target.is_relative_to(folder) or not target.is_file():
        return None
    with target.open("rb") as stream:
        return stream.read(count)


def summary(clustering: Clustering) -> dict[str, Any]:
    """What the command and the API answer."""
    return {
        "run": clustering.run_id,
        "features": len(feature_columns(clustering.run)),
        "clusters": clustering.clusters,
        "unclustered": clustering.unclustered,
        "clustering": str(clustering.uuid),
        "encoder": clustering.encoder,
        "seed": clustering.seed,
    }


def feature_columns(run: Run) -> list[str]:
    """The features that the run's record allowed: those with a value in some row."""
    folder = run.folder
    if not folder.has("features.parquet"):
        return []
    table = folder.read_table("features.parquet")
    return [
        name
        for name in table.column_names
        if name not in ("position", "sample_id") and table[name].null_count < table.num_rows
    ]
