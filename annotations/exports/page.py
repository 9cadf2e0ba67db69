"""What the export page shows."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from annotations.exports.curated import (
    ExportPreview,
    GroupCounts,
    is_stored,
    preview,
    verdicts_of,
)
from annotations.exports.forms import ExportForm
from annotations.exports.tasks import EXPORT
from annotations.models import CuratedSet, VerdictKind
from annotations.science.curation.formats import FORMATS
from triage.models import Job, Run
from triage.science.store.store import DataRoot

EARLIER = 20


@dataclass(frozen=True)
class EarlierExport:
    """An export that was made; `here` says whether its files can be downloaded."""

    curated: CuratedSet
    here: bool

    @property
    def counts(self) -> dict[str, int]:
        """Kept, dropped and corrected, as its manifest says."""
        return self.curated.manifest.get("counts", {})

    @property
    def form(self) -> str:
        """The title of its format."""
        name = self.curated.manifest.get("format", self.curated.file_format)
        return _(FORMATS[name].title) if name in FORMATS else name


@dataclass(frozen=True)
class Bar:
    """One row of the preview: counts, and the pieces of its bar (x and width in 0..100)."""

    name: str
    kept: int
    dropped: int
    corrected: int
    pieces: tuple[tuple[str, str, str], ...]

    @property
    def total(self) -> int:
        """All samples of the row."""
        return self.kept + self.dropped + self.corrected


def preview_context(run: Run, form: ExportForm) -> dict[str, Any]:
    """The counts that the recipe as chosen would give."""
    shown = preview(run, form.recipe())
    tables = [
        {"name": _("By split"), "rows": [_bar(group) for group in shown.groups["split"]]},
        {
            "name": _("By question type"),
            "rows": [_bar(group) for group in shown.groups["question_type"]],
        },
    ]
    return {"run": run, "form": form, "preview": shown, "whole": _whole(shown), "tables": tables}


def context(run: Run, form: ExportForm) -> dict[str, Any]:
    """The page."""
    verdicts = verdicts_of(run)
    names = {kind.value: kind.label for kind in VerdictKind}
    counts = [(kind, names[kind], count) for kind, count in sorted(verdicts.counts.items())]
    root = DataRoot(settings.DATA_ROOT)
    earlier = [
        EarlierExport(each, is_stored(root, each))
        for each in run.curated_sets.select_related("created_by")[:EARLIER]
    ]
    return {
        **preview_context(run, form),
        "verdict_counts": counts,
        "judged": len(verdicts.judgements),
        "repaired": len(verdicts.repairs),
        "audits": len(verdicts.standings),
        "overruled": verdicts.overruled,
        "earlier": earlier,
        "jobs": run.jobs.filter(kind=EXPORT.name).exclude(state=Job.State.DONE)[:3],
    }


def _bar(group: GroupCounts) -> Bar:
    counts, pieces, before = group.counts, [], 0
    for kind in ("kept", "corrected", "dropped"):
        here = getattr(counts, kind)
        if here:
            x, width = 100 * before / counts.total, 100 * here / counts.total
            pieces.append((kind, f"{x:.3f}", f"{width:.3f}"))
        before += here
    name = group.value or _("not said")
    return Bar(name, counts.kept, counts.dropped, counts.corrected, tuple(pieces))


def _whole(shown: ExportPreview) -> Bar:
    return _bar(GroupCounts(_("all samples"), shown.counts))
