"""Whether cleaning and reweighting pay on labels that people really got wrong: one JSON line each.

    OMP_NUM_THREADS=1 python -m benchmarks.real_noise [--answered 200 700] [--data ../shared/data]

Reads pictures of CIFAR-10 with the labels of CIFAR-10N's workers, which are not part of this
repository (point --data, or REAL_DATA_DIR, at the folder that holds them). `random_label1` is one
worker's answer, `worse_label` the worse of three. 700 pictures, drawn by lot, are trained on with
the workers' labels, 300 are tested on with the clean ones.

All of it goes through the product's own verbs. A logistic regression on picture descriptors,
cross-fitted on the workers' labels, gives predictions, candidates and losses; they are imported,
analysed and scored without verdicts. A person who knows the clean label answers the cleaning queue,
the most suspicious first, for the first `--answered` training samples. A curated set is frozen by
the default recipe, and the registry's experiment is carried out with the built-in trainer.

Accuracy is that of the tested pictures; `difference` is to the baseline, with the interval of the
paired t over seeds. `queue_precision`: share of the answered samples whose label was wrong.
The tested pictures count among the neighbours that the score compares labels with.
"""

import io
import json
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.product import imported, prepare
from benchmarks.real_sets import Row, arguments, say

COLUMNS = ("random_label1", "worse_label")
QUESTION = "What is shown?"
TRAINED, FOLDS = 700, 5


@dataclass(frozen=True)
class Labelled:
    """n pictures as PNG bytes with a worker's label and the clean one; `trained` (n) by lot."""

    names: tuple[str, ...]
    pictures: tuple[bytes, ...]
    noisy: np.ndarray
    clean: np.ndarray
    trained: np.ndarray

    @property
    def given(self) -> np.ndarray:
        """The label that the record has: the worker's in training, the clean one in testing."""
        return np.where(self.trained, self.noisy, self.clean)

    @property
    def wrong(self) -> np.ndarray:
        """Which samples have a wrong label; only training has them."""
        return self.given != self.clean


def read_labels(folder: Path, column: str, seed: int = 0) -> Labelled:
    """The pictures with the labels of one column."""
    wanted = ["id", "image", "clean_label", column]
    table = pq.read_table(folder / "cifar10n" / "cifar10n.parquet", columns=wanted)
    rows = table.to_pylist()
    trained = np.zeros(len(rows), dtype=bool)
    trained[np.random.default_rng(seed).permutation(len(rows))[:TRAINED]] = True
    return Labelled(
        names=tuple(f"cifar-{row['id']}" for row in rows),
        pictures=tuple(row["image"]["bytes"] for row in rows),
        noisy=np.array([row[column] for row in rows]),
        clean=np.array([row["clean_label"] for row in rows]),
        trained=trained,
    )


def predicted(labelled: Labelled, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, c) of models that did not train on the picture, and the c labels.

    Training pictures: by the other folds; tested ones: by all of training.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from triage.science.analysis.image_descriptors import describe

    seen = np.array([describe(Image.open(io.BytesIO(each))) for each in labelled.pictures])
    names, target = np.unique(labelled.given, return_inverse=True)
    found = np.zeros((len(seen), len(names)))
    rows = np.flatnonzero(labelled.trained)
    parts = [
        (rows[fit], rows[held])
        for fit, held in KFold(FOLDS, shuffle=True, random_state=seed).split(rows)
    ]
    for fit, held in [*parts, (rows, np.flatnonzero(~labelled.trained))]:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        model.fit(seen[fit], target[fit])
        found[np.ix_(held, model.classes_)] = model.predict_proba(seen[held])
    return found, names


def write_record(labelled: Labelled, to: Path, seed: int = 0) -> tuple[Path, Path]:
    """A predictions file in the record's format, and the folder of its pictures."""
    images, file = to / "images", to / "predictions.jsonl"
    images.mkdir(parents=True)
    shares, names = predicted(labelled, seed)
    lines = []
    for row, name in enumerate(labelled.names):
        (images / f"{name}.png").write_bytes(labelled.pictures[row])
        line: Row = {
            "sample_id": name,
            "image": f"{name}.png",
            "question": QUESTION,
            "answers": [str(labelled.given[row])],
            "split": "train" if labelled.trained[row] else "test",
        }
        say(line, dict(zip(names.tolist(), shares[row].tolist(), strict=True)))
        lines.append(json.dumps(line))
    file.write_text("\n".join(lines) + "\n")
    return file, images


def scored_run(labelled: Labelled, to: Path, name: str) -> tuple[Any, Any]:
    """The run, imported and analysed, and its mismatch score without verdicts."""
    from annotations.cleaning.scoring_runs import score_run
    from triage.clusters.analysing import analyse_run
    from triage.models import Project

    file, images = write_record(labelled, to)
    run = imported(Project.start(f"Real noise {name}"), file, name, images)
    analyse_run(run)
    return run, score_run(run, label_free=True)


def answer_queue(run: Any, score: Any, labelled: Labelled, person: Any, most: int) -> list[bool]:
    """Keep or correct the `most` most suspicious training samples; which of them were wrong."""
    from annotations.cleaning.cleaning import Action, decide, next_positions
    from annotations.cleaning.scoring_runs import read_scores

    table = read_scores(score)
    place = {name: row for row, name in enumerate(labelled.names)}
    rows = {
        position: place[name]
        for position, name in zip(
            table["position"].to_pylist(), table["sample_id"].to_pylist(), strict=True
        )
    }
    asked, _left = next_positions(score, split="train", most=most)
    for position in asked:
        row = rows[position]
        wrong = bool(labelled.wrong[row])
        decide(
            run,
            position,
            person,
            Action.CORRECT if wrong else Action.KEEP,
            submission=uuid.uuid4(),
            corrected_answer=str(labelled.clean[row]) if wrong else "",
            score=score,
        )
    return [bool(labelled.wrong[rows[position]]) for position in asked]


def tried(run: Any, seeds: int, weighting: str, user: Any = None) -> Any:
    """The experiment of the registry, carried out on a set frozen by the default recipe."""
    from annotations.science.curation.curation import Recipe
    from diagnostics.experiments import carrying_out, designing
    from diagnostics.experiments.designing import Wish

    wish = Wish(
        "cleaning_and_reweighting",
        options={"weighting": weighting},
        seeds=tuple(range(seeds)),
        recipe=Recipe(),
    )
    experiment = carrying_out.carry_out(designing.design(run, wish, user=user))
    assert experiment is not None, "somebody else carries it out"
    return experiment


def arms_of(reading: Mapping[str, Any], tested: int) -> dict[str, Any]:
    """Every arm's accuracy, mean and standard deviation over seeds, and against the baseline."""
    from diagnostics.science.experiments.design.statistics import paired_t

    credits = {
        arm["name"]: {each["seed"]: each["credit"] for each in arm["trials"]}
        for arm in reading["arms"]
    }
    found: dict[str, Any] = {}
    for name, own in credits.items():
        values = np.array([each for each in own.values() if each is not None])
        found[name] = {
            "accuracy": round(float(values.mean()), 4),
            "std": round(float(values.std(ddof=1)), 4),
            "trials": len(values),
        }
        if name != "baseline":
            pairs = [
                value - credits["baseline"][seed]
                for seed, value in own.items()
                if value is not None and credits["baseline"][seed] is not None
            ]
            against = paired_t(pairs, step=1 / tested)
            limits = (against.mean, against.low, against.high)
            found[name]["difference"] = [None if x is None else round(x, 4) for x in limits]
    return found


def decisions_of(experiment: Any) -> dict[str, int]:
    """How many samples its curated set keeps, drops and corrects."""
    from diagnostics.experiments.judged_samples import read_decisions

    decided = read_decisions(experiment.curated_set).values()
    return dict(Counter(decision for decision, _weight, _answer in decided))


def measured(
    folder: Path, to: Path, column: str, answered: Sequence[int], seeds: int, weighting: str
) -> list[dict[str, Any]]:
    """One line for every number of answered samples."""
    from django.contrib.auth import get_user_model

    from diagnostics.experiments.carrying_out import reading_of

    labelled = read_labels(folder, column)
    person, _new = get_user_model().objects.get_or_create(username="knows-the-labels")
    begun = time.perf_counter()
    run, score = scored_run(labelled, to, column)
    found = []
    said: list[bool] = []
    for most in sorted(answered):
        said += answer_queue(run, score, labelled, person, most - len(said))
        experiment = tried(run, seeds, weighting)
        reading = reading_of(experiment)
        assert reading is not None
        tested = int((~labelled.trained).sum())
        found.append(
            {
                "labels": column,
                "trained": int(labelled.trained.sum()),
                "tested": tested,
                "noise": round(float(labelled.wrong[labelled.trained].mean()), 4),
                "answered": len(said),
                "corrected": sum(said),
                "queue_precision": round(float(np.mean(said)), 4),
                "noise_found": round(sum(said) / max(int(labelled.wrong.sum()), 1), 4),
                "seeds": seeds,
                "weighting": weighting,
                "arms": arms_of(reading, tested),
                "curated": decisions_of(experiment),
                "state": experiment.phase,
                "seconds": round(time.perf_counter() - begun),
            }
        )
        sys.stderr.write(f"{column}, {len(said)} answered: {experiment.phase}\n")
    return found


def main() -> None:
    """Both columns of labels."""
    parser = arguments(__doc__)
    parser.add_argument("--labels", nargs="+", choices=COLUMNS, default=list(COLUMNS))
    parser.add_argument("--answered", type=int, nargs="+", default=[200], help="of the queue")
    parser.add_argument("--seeds", type=int, default=5, help="trials an arm, 3 to 5")
    parser.add_argument("--weighting", choices=["mismatch", "loss"], default="mismatch")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch))
        for column in options.labels:
            for line in measured(
                options.data.resolve(),
                Path(scratch) / column,
                column,
                options.answered,
                options.seeds,
                options.weighting,
            ):
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
