"""Where a run's files are."""

from django.conf import settings

from triage.models import Run
from triage.science.store.store import DataRoot, RunFolder


def folder_of(run: Run) -> RunFolder:
    """The run's folder under the data root; nothing is made or looked for."""
    return DataRoot(settings.DATA_ROOT).run(run.uuid)
