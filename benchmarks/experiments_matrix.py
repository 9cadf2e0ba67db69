"""Whether the experiment of a cause gains where that cause is planted, and nowhere else.

    python -m benchmarks.experiments_matrix [--seeds 0 1 2 3 4] [--trial-seeds 5] [--worlds noise …]

For every seed, six worlds with one planted cause each are drawn and become the material of an
experiment. People do the same in every world: they judge the three tenths of the samples that a
cross-fitted model finds most suspicious, say which answers are right beside the written one, and
write one glossary. Then the main experiment of each of the six causes is run with the built-in
trainer, and its deciding comparison is read as its page reads it: a gain is claimed where the
paired t interval over the trials' seeds lies above zero. The baseline mirrors the planted model: it
is shown where to look, as a pre-trained model would know, and in the spatial world it is not told
where a region lies.

In these worlds a missing modality is planted in evaluation alone. An experiment that cannot begin
(nobody found noise to clean) claims nothing and is counted as not run. The table is printed, then
one JSON line: matching experiments that gained, of how many; others that claimed a gain, of how
many. Whatever was chosen by looking was looked at on seeds from 101 on; those are never reported.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from diagnostics.science.experiments.catalogue.registry import (
    BY_NAME,
    design,
    expectations,
    missing,
)
from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.material import Curated, Material
from diagnostics.science.experiments.design.outcomes import Outcome, Trainer
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material.columns import RunSource
from diagnostics.science.experiments.material.gathering import gather_material
from diagnostics.science.experiments.reading.reading import read
from diagnostics.science.experiments.training.trainers.registry import trainer
from diagnostics.science.measures.samples import Bools, Floats
from diagnostics.science.testbed.pictures import image_name
from diagnostics.science.testbed.planted_run import BLANK_IMAGE
from diagnostics.science.testbed.planting import (
    EVERYWHERE,
    WORLDS,
    PlantedConfig,
    PlantedSample,
    PlantedWorld,
    plant,
)
from diagnostics.science.testbed.rows import write_lines
from diagnostics.science.testbed.scenes import KINDS, SIDE, Scene, draw
from diagnostics.science.testbed.wording import OTHER_WORDS
from diagnostics.science.testbed.world import true_answer
from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS
from triage.science.store.store import DataRoot, RunFolder

SIZES = {"train": 5000, "val": 400, "test": 2000}
# Share of the samples, most suspicious first, that people look at.
JUDGED = 0.3
# Steps of training: half of the trainer's own least, so that all worlds take minutes, not an hour.
STEPS = 600
VARIATIONS = 2
# One experiment for each cause.
MAIN: Mapping[str, str] = {
    "noise": "cleaning",
    "semantic": "knowledge",
    "ambiguity": "several_answers",
    "spatial": "relations",
    "missing_modality": "imputation",
    "generalisation": "augmentation",
}


@dataclass(frozen=True)
class Row:
    """One experiment in one world."""

    world: str
    seed: int
    experiment: str
    cause: str
    verdict: str
    # Difference to the control, and the interval's limits.
    numbers: tuple[float, ...] = ()
    baseline: float = 0.0
    lacks: tuple[str, ...] = ()
    decides: bool = True

    @property
    def matches(self) -> bool:
        return self.world == self.cause

    @property
    def claimed(self) -> bool:
        return self.verdict == "gain"


def gathered(world: PlantedWorld) -> Material:
    """The world's file of samples through the product's own import and gathering."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "samples.jsonl"
        write_lines(file, map(row_of, world.samples))
        folder = RunFolder(DataRoot(f"{scratch}/data"), "runs/world")
        reader = open_reader(file)
        mapping = propose(reader.columns(), [field.name for field in FIELDS])
        ingest(reader, file, folder, mapping=mapping, rule="exact")
        source = RunSource(
            folder,
            "exact",
            load_image=lambda path: picture(path, world.scenes),
            image_size=lambda path: (SIDE, SIDE),
        )
        return gather_material(source, seed=world.config.seed, variations=VARIATIONS).material


def row_of(sample: PlantedSample) -> dict[str, Any]:
    """A sample as its file has it; nobody's predictions are needed."""
    row: dict[str, Any] = {
        "sample_id": sample.sample_id,
        "image": BLANK_IMAGE if sample.blank else image_name(sample.scene),
        "question": sample.text,
        "answers": [sample.answer],
        "prediction": sample.answer,
        "split": sample.split,
        "question_type": sample.question.question_type,
    }
    if sample.question.about:
        row["boxes"] = [list(map(float, shape.box)) for shape in sample.question.about]
    return row


def picture(path: str, scenes: Sequence[Scene]) -> Image.Image:
    """Drawn when it is asked for."""
    if path == BLANK_IMAGE:
        return Image.new("RGB", (SIDE, SIDE), (128, 128, 128))
    return draw(scenes[int(path.removesuffix(".png").rsplit("-", 1)[1])])


def people(material: Material, world: PlantedWorld) -> Material:
    """The material with what people would know of any world, asked of its truth."""
    halves = trainer("builtin", least_steps=STEPS // 2)
    suspicion = cross_fitted(material, halves)
    looked = np.zeros(len(material), dtype=bool)
    for rows in (material.trained(), material.tested()):
        order = rows[np.argsort(-suspicion[rows], kind="stable")]
        looked[order[: round(JUDGED * len(rows))]] = True
    accepted = tuple(
        tuple(dict.fromkeys((*written, *right_answers(sample, world.scenes[sample.scene]))))
        for written, sample in zip(material.answers, world.samples, strict=True)
    )
    return replace(
        material,
        suspicion=suspicion,
        judged=looked,
        accepted=accepted,
        curated=curated(world, looked),
        glossary=dict(OTHER_WORDS),
    )


def cross_fitted(material: Material, made: Trainer) -> Floats:
    """How sure a model that did not train on it is that a sample's answer is another, 0..1 (n).

    Two models, each trained on half of the training pictures; tested samples get the mean of both.
    """
    half = np.random.default_rng(0).random(int(material.image.max()) + 2) < 0.5
    trained, tested = material.split == "train", np.isin(material.split, ("test", "ood"))
    sums, counts = np.zeros(len(material)), np.zeros(len(material))
    for side in (half, ~half):
        own = trained & side[material.image]
        split = np.where(own, "train", np.where(trained | tested, "test", "val"))
        arm = Arm("half", "Cross-fitted", Settings(attended=True))
        (outcome,) = made.run(replace(material, split=split), [arm], [0], lambda share, step: None)
        doubt = np.where(outcome.credit >= 0.5, 1 - outcome.confidence, outcome.confidence)
        sums[outcome.rows] += doubt
        counts[outcome.rows] += 1
    return np.where(counts > 0, sums / np.maximum(counts, 1), 0.0)


def curated(world: PlantedWorld, looked: Bools) -> Curated:
    """What people decide of the samples that they look at, by the default recipe."""
    decision = np.full(len(looked), "kept", dtype="U9")
    weight, fixed = np.ones(len(looked)), [""] * len(looked)
    for row in np.flatnonzero(looked).tolist():
        sample = world.samples[row]
        if sample.cause == "ambiguity":
            weight[row] = 0.5
        elif sample.cause == "noise":
            truth = true_answer(sample.question, world.scenes[sample.scene])
            if truth is not None and sample.answer != sample.question.answer:
                decision[row], fixed[row] = "corrected", truth
            else:
                decision[row], weight[row] = "dropped", 0.0
    return Curated(decision, weight, tuple(fixed))


def right_answers(sample: PlantedSample, scene: Scene) -> tuple[str, ...]:
    """Every answer that is right where a question leaves open which shape is meant."""
    if sample.cause != "ambiguity":
        return ()
    word = sample.text.rstrip("?").split()[-1]
    alike = [shape for shape in scene.shapes if word in (shape.kind, shape.colour)]
    return tuple(dict.fromkeys(s.colour if word in KINDS else s.kind for s in alike))


def outcomes_of(
    material: Material, designs: Mapping[str, Design], made: Trainer, seeds: Sequence[int]
) -> dict[Settings, list[Outcome]]:
    """The trials of all designs; arms with the same settings are carried out once."""
    arms: dict[Settings, Arm] = {}
    for found in designs.values():
        for arm in found.arms:
            arms.setdefault(arm.settings, Arm(f"arm {len(arms)}", arm.words, arm.settings))
    ended = made.run(material, list(arms.values()), list(seeds), lambda share, step: None)
    names = {arm.name: settings for settings, arm in arms.items()}
    by_settings: dict[Settings, list[Outcome]] = {settings: [] for settings in arms}
    for outcome in ended:
        by_settings[names[outcome.arm]].append(outcome)
    return by_settings


def carried_out(config: PlantedConfig, seeds: Sequence[int], causes: Sequence[str]) -> list[Row]:
    """Every main experiment in one world."""
    begun = time.perf_counter()
    made = trainer("builtin", workers=2, least_steps=STEPS)
    world = plant(config)
    plain = gathered(world)
    drawn = time.perf_counter()
    material = people(plain, world)
    asked = time.perf_counter()
    base = Settings(placed=config.knows_places, attended=True)
    rows, designs = [], {}
    for cause in causes:
        experiment = BY_NAME[MAIN[cause]]
        lacks = tuple(each.name for each in missing(experiment, material))
        if lacks:
            row = Row(config.name, config.seed, experiment.name, cause, "not_run", lacks=lacks)
            rows.append(row)
        else:
            designs[cause] = deciding(design(experiment, base, {}, seeds), cause, base)
    ended = outcomes_of(material, designs, made, seeds)
    for cause, found in designs.items():
        outcomes = [
            replace(outcome, arm=arm.name) for arm in found.arms for outcome in ended[arm.settings]
        ]
        wanted = expectations(BY_NAME[MAIN[cause]], base)
        reading = read(found, outcomes, material, wanted)
        for comparison in reading.comparisons:
            value, decides = comparison.difference, comparison.arm == next(iter(wanted))
            verdict = comparison.verdict if decides else f"({comparison.verdict})"
            named = Row(config.name, config.seed, found.arms[0].name, cause, verdict)
            named = replace(
                named,
                experiment=f"{MAIN[cause]}: {comparison.arm}",
                decides=decides,
                numbers=tuple(
                    round(each, 4)
                    for each in (value.value, value.low, value.high)
                    if each is not None
                ),
                baseline=round(reading.arm(comparison.control).mean.value or 0.0, 3),
            )
            rows.append(named)
    seconds = (drawn - begun, asked - drawn, time.perf_counter() - asked)
    told = [round(each, 1) for each in seconds]
    sys.stderr.write(
        json.dumps({"world": config.name, "seed": config.seed, "seconds": told}) + "\n"
    )
    for row in rows:
        sys.stderr.write(f"  {json.dumps(asdict(row))}\n")
    return rows


def deciding(whole: Design, cause: str, base: Settings) -> Design:
    """The baseline and the arms that the matrix reads; the others would only cost time."""
    wanted = next(iter(expectations(BY_NAME[MAIN[cause]], base)))
    return Design((whole.arms[0], whole.arm(wanted)), whole.seeds)


def table_of(rows: Sequence[Row]) -> str:
    """World by experiment: in how many of the worlds a gain was claimed."""
    gains = Counter((row.world, row.cause) for row in rows if row.decides and row.claimed)
    run = Counter(
        (row.world, row.cause) for row in rows if row.decides and row.verdict != "not_run"
    )
    lines = ["planted \\ experiment".ljust(22) + "".join(MAIN[c][:16].rjust(18) for c in MAIN)]
    for world in [name for name in MAIN if any(row.world == name for row in rows)]:
        cells = [f"{gains[world, cause]} of {run[world, cause]}" for cause in MAIN]
        lines.append(world.ljust(22) + "".join(cell.rjust(18) for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Every world of every seed; progress on stderr, the table and the JSON line on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--trial-seeds", type=int, default=5, help="trials an arm, 3 to 5")
    parser.add_argument("--worlds", nargs="+", choices=list(MAIN), default=list(MAIN))
    parser.add_argument("--causes", nargs="+", choices=list(MAIN), default=list(MAIN))
    parser.add_argument("--small", action="store_true", help="tiny worlds, to try the script")
    options = parser.parse_args()
    begun = time.perf_counter()
    rows: list[Row] = []
    sizes = {"train": 600, "val": 60, "test": 300} if options.small else SIZES
    for seed in options.seeds:
        for name in options.worlds:
            config = replace(
                WORLDS[name], seed=seed, everywhere=EVERYWHERE - {"missing_modality"}, **sizes
            )
            rows += carried_out(config, range(options.trial_seeds), options.causes)
    deciding_rows = [row for row in rows if row.decides]
    matching = [row for row in deciding_rows if row.matches]
    others = [row for row in deciding_rows if not row.matches]
    print(table_of(rows))
    print(
        json.dumps(
            {
                "worlds": len({(row.world, row.seed) for row in rows}),
                "matching_confirmed": sum(row.claimed for row in matching),
                "matching": len(matching),
                "non_matching_claimed": sum(row.claimed for row in others),
                "non_matching": len(others),
                "non_matching_not_run": sum(row.verdict == "not_run" for row in others),
                "seeds": options.seeds,
                "trial_seeds": options.trial_seeds,
                "seconds": round(time.perf_counter() - begun),
            }
        )
    )


if __name__ == "__main__":
    main()
