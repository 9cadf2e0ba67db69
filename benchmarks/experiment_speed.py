"""The built-in trainer: four arms of five seeds on 20,000 samples of a drawn world.

    python benchmarks/experiment_speed.py [--train 17000] [--test 2400] [--seeds 5] [--workers 2]
        [--skip-alone]

Drawing and describing the pictures are timed apart: an experiment does both once. `seconds` is the
wall clock of training and testing all arms with `--workers` threads, `cpu_seconds` the processor
time of the same. Then the first arm alone is trained once with all seeds together and once seed by
seed, in one thread: `one_arm_seconds`, `one_by_one_seconds`, and `ratio` of their processor times,
which other work on the machine disturbs least; `wall_ratio` beside it. `same_bits`: whether both
gave the same predictions and confidences to the last bit. `accuracy` is the baseline's over the
tested samples, and by question type. One JSON line.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material.regions import SIDE, describe_regions
from diagnostics.science.experiments.training.trainers.builtin import BuiltinTrainer
from diagnostics.science.testbed.pictures import draw_all
from diagnostics.science.testbed.planted_run import guidance_of
from diagnostics.science.testbed.planting import WORLDS, PlantedWorld, plant

ARMS = (
    Arm("baseline", "the baseline", Settings()),
    Arm("noisier", "20 % of answers at random", Settings(injected=0.2), "baseline"),
    Arm("attended", "shown where to look", Settings(attended=True), "baseline"),
    Arm("blanked", "20 % of pictures blanked", Settings(dropped_image=0.2), "baseline"),
)


def main() -> None:
    """Draw, describe, train, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=int, default=17_000)
    parser.add_argument("--test", type=int, default=2400)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--skip-alone", action="store_true", help="not seed by seed")
    options = parser.parse_args()
    world = plant(dataclasses.replace(WORLDS["clean"], train=options.train, test=options.test))
    material, result = material_of(world, options.workers)
    seeds = tuple(range(options.seeds))
    result |= {"samples": len(material), "arms": len(ARMS), "seeds": len(seeds)}
    with Timed() as timed:
        outcomes = BuiltinTrainer(workers=options.workers).run(material, ARMS, seeds, show)
    result |= {"seconds": timed.wall, "cpu_seconds": timed.cpu, **read(material, outcomes)}
    if not options.skip_alone:
        result |= alone(material, seeds)
    print(json.dumps(result))


class Timed:
    """Wall clock and processor time of what is done within, in seconds."""

    wall = cpu = 0.0

    def __enter__(self) -> "Timed":
        self.begun = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *problem: object) -> None:
        self.wall = round(time.perf_counter() - self.begun[0], 2)
        self.cpu = round(time.process_time() - self.begun[1], 2)


def show(share: float, step: str) -> None:
    """Progress, to the error stream."""
    sys.stderr.write(f"\r{100 * share:3.0f} % {step:<60}")


def material_of(world: PlantedWorld, processes: int) -> tuple[Material, dict[str, Any]]:
    """The world as experiments read it, and how long its pictures took."""
    samples = world.samples
    with tempfile.TemporaryDirectory() as folder, Timed() as drawing:
        drawn = draw_all(world.scenes, Path(folder), SIDE)
    training = np.zeros(len(drawn), dtype=bool)
    training[[each.scene for each in samples if each.split == "train"]] = True
    images = (Image.fromarray(each) for each in drawn)
    with Timed() as describing:
        regions = describe_regions(
            images, np.random.default_rng(0), training=training, processes=processes
        )
    material = Material(
        sample_id=np.array([each.sample_id for each in samples]),
        position=np.arange(len(samples)),
        split=np.array([each.split for each in samples]),
        question=tuple(each.text for each in samples),
        answers=tuple((each.answer,) for each in samples),
        image=np.array([each.scene for each in samples]),
        regions=regions.values,
        grid=regions.grid,
        looked_at=guidance_of(samples, world.scenes).looked_at,
    )
    types = [each.question.question_type for each in samples]
    TYPES.extend(types)
    return material, {"drawing_seconds": drawing.wall, "describing_seconds": describing.wall}


# Question type of each sample, in the order of the material.
TYPES: list[str] = []


def read(material: Material, outcomes: list[Outcome]) -> dict[str, Any]:
    """Mean credit of the baseline, by question type too, and of each arm."""
    own = [each for each in outcomes if each.arm == ARMS[0].name]
    credit, rows = np.mean([each.credit for each in own], axis=0), own[0].rows
    types = np.array(TYPES)[rows]
    by_type = {name: round(float(credit[types == name].mean()), 3) for name in np.unique(types)}
    arms = {
        arm.name: round(float(np.mean([e.credit.mean() for e in outcomes if e.arm == arm.name])), 4)
        for arm in ARMS
    }
    lowest = min(float(each.credit.mean()) for each in own)
    return {
        "accuracy": round(float(credit.mean()), 4),
        "lowest_seed": round(lowest, 4),
        "by_type": by_type,
        "by_arm": arms,
        "box_hit": round(float(np.mean([each.extra["box_hit"] for each in own])), 3),
        "box_chance": round(own[0].extra["box_chance"], 3),
    }


def alone(material: Material, seeds: tuple[int, ...]) -> dict[str, Any]:
    """One arm with its seeds together and seed by seed, one worker both times."""
    trainer, arms = BuiltinTrainer(), ARMS[:1]
    with Timed() as together:
        batched = trainer.run(material, arms, seeds, show)
    with Timed() as single:
        by_seed = [trainer.run(material, arms, (seed,), show)[0] for seed in seeds]
    same = all(
        np.array_equal(one.predictions, other.predictions)
        and np.array_equal(one.confidence, other.confidence)
        for one, other in zip(batched, by_seed, strict=True)
    )
    return {
        "one_arm_seconds": together.wall,
        "one_by_one_seconds": single.wall,
        "one_arm_cpu_seconds": together.cpu,
        "one_by_one_cpu_seconds": single.cpu,
        "ratio": round(single.cpu / together.cpu, 2),
        "wall_ratio": round(single.wall / together.wall, 2),
        "same_bits": same,
    }


if __name__ == "__main__":
    main()
