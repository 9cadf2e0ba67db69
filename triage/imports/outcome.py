"""What a run remembers of its import, and how the command line and the API tell it."""

from typing import Any

from triage.models import Run
from triage.said import kept
from triage.science.ingest.ingesting import IngestResult
from triage.science.ingest.planning import Plan


def outcome_of(plan: Plan, result: IngestResult) -> dict[str, Any]:
    """The JSON of `Run.outcome`: read, borders, groups, rules, judge_agreement, reasons, images,
    notes, published."""
    return {
        **result.counts.to_dict(),
        "rules": {each.rule: round(each.accuracy, 6) for each in result.rules},
        "differing": [
            {
                "rule": each.rule,
                "agrees": each.agrees,
                "differs": each.differs,
                "pairs": [str(pair) for pair in each.pairs],
            }
            for each in result.rules
            if each.differs
        ],
        "judge_agreement": result.judge_agreement,
        "reasons": list(result.reasons),
        "images": dict(result.images),
        "notes": [kept(note) for note in plan.notes],
        "asks": [kept(ask) for ask in plan.asks],
        "published": dict(plan.published),
        "numbered": result.numbered,
    }


def document_of(run: Run) -> dict[str, Any]:
    """One run as `import_run --json` and the API print it; the keys are kept stable."""
    known = run.outcome
    images = known.get("images", {})
    read = known.get("read", {})
    return {
        "run": run.pk,
        "uuid": str(run.uuid),
        "name": run.name,
        "model": run.model,
        "profile": run.profile,
        "samples": run.samples,
        "groups": known.get("groups", 0),
        "groups_right": known.get("groups_right", 0),
        "errors": run.errors,
        "accuracy": run.accuracy,
        "rule": run.scoring,
        "rules": known.get("rules", {}),
        "judge_agreement": known.get("judge_agreement"),
        "published": known.get("published", {}),
        "read": {
            k: read.get(k, 0) for k in ("answered", "no_answer", "failed_call", "not_readable")
        },
        "borders": known.get("borders", {}),
        "refused": run.refused,
        "reasons": known.get("reasons", []),
        "images": {k: images.get(k, 0) for k in ("named", "found", "guessed", "missing")},
        "image_names": {
            "missing": images.get("missing_examples", []),
            "guessed": images.get("guessed_examples", {}),
            "common_prefix": images.get("common_prefix", ""),
        },
        "images_missing": run.images_missing,
        "side_files": run.side_files,
        "scoring": run.scoring,
        "mapping": run.mapping,
        "notes": [str(note) for note in run.notes],
    }
