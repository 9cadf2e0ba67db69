"""What an experiment would find of a run, before anything is trained."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from annotations.cleaning.scoring_runs import latest_score
from diagnostics.experiments import judged_samples
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.material.columns import RunSource
from diagnostics.science.experiments.material.glossary_text import read_glossary
from triage.clusters.analysing import RunPictures
from triage.models import Run


def source_of(run: Run) -> Any:
    """Where a run's samples and pictures are read."""
    pictures = RunPictures(run)
    return RunSource(
        run.folder,
        run.scoring,
        run.source_sha256,
        pictures.load,
        pictures.size,
        # Where a sample names none the run may have others that are there.
        pictured=run.images_missing < run.samples,
    )


def outline(run: Run, wish: Any) -> Material:
    """The material of a wish (experiment_designs.Wish), with no picture described.

    Raises CuratedSetUnreadable, GlossaryUnreadable.
    """
    from diagnostics.science.experiments.material.gathering import outline_material

    other = source_of(wish.target) if wish.target is not None else None
    found = outline_material(source_of(run), target=other)
    said = judged_samples.judged_samples(run, wish.curated, latest_score(run), wish.recipe)
    glossary = read_glossary(wish.glossary)
    return replace(judged_samples.with_people(found, said), glossary=glossary)


def lacking_words(lacking: tuple[Any, ...]) -> str:
    """What is missing, and how to get it, in one paragraph."""
    each = (f"{_(need.words)}. {_(need.mend)}" for need in lacking)
    return _("It lacks %(what)s") % {"what": " ".join(each)}
