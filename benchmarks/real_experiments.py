"""Which experiments can begin on public data sets, and what they say there: a table, a JSON line.

    OMP_NUM_THREADS=1 python -m benchmarks.real_experiments [--data ../shared/data]
        [--sets easy_vqa nlvr …] [--experiments cleaning …] [--seeds 3] [--epochs N]

Reads easy-VQA, NLVR, PuzzleVQA, CIFAR-10's test set with its audits, POPE with RePOPE, and
evaluation files that people published (see `real_sets` and `real_logs` for where each is from).
None is part of this repository: point --data, or REAL_DATA_DIR, at the folder that holds them.

Every set goes through the product's own verbs: it is imported, and where it has pictures analysed
and scored for mismatches without verdicts. Where re-annotators said what is right, the cleaning
queue is answered with it: all that they found wrong, and the first 300 that they found right, in
training and evaluation. Then each experiment of the registry is designed, as its page offers it
first: a set of corrections frozen by the default recipe, the next run of the project as target.
What is refused is held against the material: `true_refusals` counts those whose message names every
need that is not there, and how it is got.

A cell is the difference of the deciding arm to its control in points, with its interval; `*` where
the page warns of the baseline; or the needs that are lacking.
"""

import json
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.product import imported, prepare
from benchmarks.real_logs import LOGS
from benchmarks.real_sets import MOST_KEPT, PICTURED, Brought, Row, arguments, pope

SETS = {**PICTURED, "pope": pope, **LOGS}


@dataclass(frozen=True)
class Tried:
    """One experiment on one set. `state`: refused, done, failed, …; `lacks`: names of needs.

    `why`: the words that the page would show. `as_said`: the message names every need that the
    material lacks and how it is got.
    """

    experiment: str
    state: str
    why: str = ""
    lacks: tuple[str, ...] = ()
    as_said: bool = True
    reading: dict[str, Any] | None = None
    cautions: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def leading(self) -> dict[str, Any] | None:
        """The comparison that decides."""
        if self.reading is None:
            return None
        arm = self.reading["conclusion"]["arm"]
        return next(each for each in self.reading["comparisons"] if each["arm"] == arm)


def bring_in(brought: Brought, scratch: Path) -> list[Any]:
    """Import a set and its further runs, analyse and score the first, and enter its verdicts.

    Raises ImportRefused.
    """
    from annotations.cleaning.scoring_runs import score_run
    from triage.clusters.analysing import analyse_run
    from triage.models import Project

    project = Project.start(brought.name)
    runs = [
        imported(project, written(rows, scratch), name, brought.images)
        for name, rows in {brought.name: brought.rows, **brought.others}.items()
    ]
    if brought.images is not None:
        analyse_run(runs[0])
        score_run(runs[0], label_free=True)
    answer(runs[0], brought)
    return runs


def written(rows: Sequence[Row], scratch: Path) -> Path:
    """A file of its own with these rows."""
    file = scratch / f"{uuid.uuid4().hex}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def answer(run: Any, brought: Brought) -> None:
    """Keep, correct or drop what re-annotators judged, as the cleaning queue does."""
    from django.contrib.auth import get_user_model

    from annotations.cleaning.cleaning import Action, decide

    person, _new = get_user_model().objects.get_or_create(username="re-annotators")
    given = {row["sample_id"]: row["answers"][0] for row in brought.rows if brought.verdicts}
    kept = 0
    for part in run.folder.read_samples(["sample_id", "position"]):
        for row in part.to_pylist():
            if row["sample_id"] not in brought.verdicts:
                continue
            right = brought.verdicts[row["sample_id"]]
            action = Action.DROP if right is None else Action.CORRECT
            if right == given[row["sample_id"]]:
                kept += 1
                if kept > MOST_KEPT:
                    continue
                action = Action.KEEP
            text = right if action == Action.CORRECT and right is not None else ""
            submission = uuid.uuid4()
            decide(
                run, row["position"], person, action, submission=submission, corrected_answer=text
            )


def tried(
    runs: Sequence[Any], name: str, brought: Brought, seeds: int, epochs: int | None
) -> Tried:
    """Design an experiment as its page offers it, and carry it out."""
    from annotations.science.curation.curation import Recipe
    from diagnostics.experiments import carrying_out, designing, page
    from diagnostics.experiments.designing import ExperimentRefused, Wish

    wish = Wish(
        name,
        seeds=tuple(range(seeds)),
        trainer_options=designing.trainer_options("builtin", "", (), epochs),
        recipe=Recipe() if brought.verdicts else None,
        target=runs[1] if len(runs) > 1 else None,
        glossary=brought.glossary,
    )
    begun = time.perf_counter()
    try:
        experiment = designing.design(runs[0], wish)
    except ExperimentRefused as reason:
        lacking = lacks(runs[0], wish)
        said = all(each.words in str(reason) and each.mend in str(reason) for each in lacking)
        names = tuple(each.name for each in lacking)
        return Tried(name, "refused", str(reason), names, bool(lacking) and said)
    try:
        carrying_out.carry_out(experiment)
    except ExperimentRefused as reason:
        return Tried(name, "failed", str(reason), seconds=time.perf_counter() - begun)
    reading = carrying_out.reading_of(experiment)
    return Tried(
        name,
        experiment.phase,
        experiment.why,
        reading=reading,
        cautions=tuple(each["name"] for each in page.cautions_of(reading)),
        seconds=time.perf_counter() - begun,
    )


def lacks(run: Any, wish: Any) -> tuple[Any, ...]:
    """What the material of a wish does not have."""
    from diagnostics.experiments import needs
    from diagnostics.science.experiments.catalogue import registry

    kind, material = registry.BY_NAME[wish.name], needs.outline(run, wish)
    options = registry.suited(kind, material, wish.options)
    return registry.missing(kind, material, options, wish.trainer)


def cell(found: Tried) -> str:
    """One cell of the table."""
    if found.state == "refused":
        return "lacks " + ", ".join(found.lacks)
    leading = found.leading
    if leading is None or leading["difference"]["low"] is None:
        return f"{found.state}: {found.why}"
    value = leading["difference"]
    numbers = [f"{100 * value[key]:+.1f}" for key in ("value", "low", "high")]
    star = " *" if found.cautions else ""
    return f"{leading['verdict']}, {numbers[0]} ({numbers[1]} to {numbers[2]}){star}"


def line_of(name: str, found: Tried) -> dict[str, Any]:
    """What is told of an experiment while the others still run."""
    return {
        "set": name,
        "experiment": found.experiment,
        "state": found.state,
        "cell": cell(found),
        "baseline": _baseline(found),
        "commonest": _commonest(found),
        "says": _says(found) if found.reading else found.why,
        "arms": _arms(found),
        "cautions": list(found.cautions),
        "seconds": round(found.seconds, 1),
    }


def _baseline(found: Tried) -> list[float] | None:
    """Mean and standard deviation over seeds, in points."""
    if found.reading is None or found.reading["arms"][0]["mean"]["value"] is None:
        return None
    arm = found.reading["arms"][0]
    return [round(100 * arm[key]["value"], 1) for key in ("mean", "std")]


def _commonest(found: Tried) -> float | None:
    """What the commonest answer would score, in points."""
    value = (found.reading or {}).get("commonest")
    return None if value is None else round(100 * value["value"], 1)


def _arms(found: Tried) -> dict[str, str]:
    """Every arm against its control, in points."""
    comparisons = [] if found.reading is None else found.reading["comparisons"]
    shown = {}
    for each in comparisons:
        value = each["difference"]
        numbers = [value[key] for key in ("value", "low", "high")]
        told = ["—" if number is None else f"{100 * number:+.1f}" for number in numbers]
        shown[each["arm"]] = f"{each['verdict']}, {told[0]} ({told[1]} to {told[2]})"
    return shown


def _says(found: Tried) -> str:
    assert found.reading is not None
    said = found.reading["conclusion"]
    return " ".join(said[part] for part in ("expected", "seen", "means") if said[part])


def table(found: Mapping[str, Sequence[Tried]]) -> str:
    """Experiments by set, a line each; sets of which none can begin share one line."""
    lines = []
    for name, each in found.items():
        lines.append(name)
        if all(one.state == "refused" for one in each):
            shared = set.intersection(*(set(one.lacks) for one in each)) if each else set()
            lines.append(f"  none can begin: each lacks {', '.join(sorted(shared)) or 'something'}")
            continue
        lines += [f"  {one.experiment:<26}{cell(one)}" for one in each]
    return "\n".join(lines)


def main() -> None:
    """Every set; what is found of each on stderr, the table and the JSON line on stdout."""
    parser = arguments(__doc__)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--experiments", nargs="+", help="only these")
    parser.add_argument("--seeds", type=int, default=3, help="trials an arm, 3 to 5")
    parser.add_argument("--epochs", type=int, help="else the trainer's own")
    options = parser.parse_args()
    begun = time.perf_counter()
    found: dict[str, list[Tried]] = {}
    not_imported: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch))
        from diagnostics.science.experiments.catalogue.registry import BY_NAME
        from triage.imports.importing import ImportRefused

        for name in options.sets:
            brought = SETS[name](options.data.resolve(), Path(scratch))
            try:
                runs = bring_in(brought, Path(scratch))
            except ImportRefused as reason:
                not_imported[name] = str(reason)
                continue
            found[name] = []
            for each in options.experiments or brought.only or BY_NAME:
                found[name].append(tried(runs, each, brought, options.seeds, options.epochs))
                sys.stderr.write(json.dumps(line_of(name, found[name][-1])) + "\n")
    print(table(found))
    every = [each for own in found.values() for each in own]
    refused = [each for each in every if each.state == "refused"]
    print(
        json.dumps(
            {
                "sets": len(found),
                "not_imported": not_imported,
                "experiments": len(every),
                "could_begin": len(every) - len(refused),
                "ended": sum(each.state == "done" for each in every),
                "with_caution": sum(bool(each.cautions) for each in every),
                "refused_with_reason": len(refused),
                "true_refusals": sum(each.as_said for each in refused),
                "failed": [each.why for each in every if each.state not in ("refused", "done")],
                "seeds": options.seeds,
                "seconds": round(time.perf_counter() - begun),
            }
        )
    )


if __name__ == "__main__":
    main()
