"""External training scripts: real ones that train, and others that fail in every way they can."""

import json
import os
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Curated, Material
from diagnostics.science.experiments.design.outcomes import Outcome, Stopped, TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.training.trainers.command import CommandTrainer

EXAMPLE = Path(__file__).parents[6] / "examples" / "train_command" / "train.py"
COLOURS = ("red", "green", "blue")


def colour_material(folder: Path, trained: int = 60, tested: int = 12) -> Material:
    """Samples that ask for the colour of one-coloured pictures, or for a word of the question."""
    count = trained + tested
    questions, answers = [], []
    for number in range(count):
        colour = COLOURS[number % 3]
        Image.new("RGB", (8, 8), colour).save(folder / f"{number}.png")
        questions.append("What colour is it?" if number % 2 else f"Is this {colour} thing a thing?")
        answers.append((colour,) if number % 2 else ("yes",))
    return Material(
        sample_id=np.array([f"s{number}" for number in range(count)]),
        position=np.arange(count),
        split=np.array(["train"] * trained + ["test"] * tested),
        question=tuple(questions),
        answers=tuple(answers),
        image=np.arange(count),
        regions=np.zeros((count, 1, 2), dtype=np.float32),
    )


def script(folder: Path, text: str) -> list[str]:
    """The command of a script with these lines."""
    path = folder / "script.py"
    path.write_text(textwrap.dedent(text))
    return [sys.executable, str(path)]


def quiet(share: float, step: str) -> None:
    """Progress that nobody looks at."""


def run_one(
    material: Material, words: list[str], arm: Arm | None = None, **options: Any
) -> Outcome:
    trainer = CommandTrainer("mine", {"mine": words}, **options)
    [outcome] = trainer.run(material, [arm or Arm("baseline", "as it is")], [0], quiet)
    return outcome


# Writes what it is told of the manifest's tested rows.
WRITES = """
    import json, sys
    import pyarrow.parquet as pq
    said = json.load(open(sys.argv[1]))
    rows = [row for row in pq.read_table(said["manifest"]).to_pylist() if row["split"] == "test"]
    lines = [{"sample_id": row["sample_id"], "prediction": "yes"} for row in rows]
"""


def writes(then: str) -> str:
    return (
        textwrap.dedent(WRITES)
        + textwrap.dedent(then)
        + textwrap.dedent(
            """
        with open(said["predictions"], "w") as stream:
            stream.writelines(json.dumps(line) + "\\n" for line in lines)
        """
        )
    )


def test_the_example_trains_and_answers_better_than_the_most_frequent_answer(
    tmp_path: Path,
) -> None:
    material = colour_material(tmp_path)
    trainer = CommandTrainer(
        "bag of words",
        {"bag of words": [sys.executable, str(EXAMPLE)]},
        image_path=lambda picture: tmp_path / f"{picture}.png",
    )

    first, again = (
        trainer.run(material, [Arm("baseline", "")], [seed], quiet)[0] for seed in (0, 0)
    )

    assert first.state == "done", first.why
    assert first.credit.mean() > 0.9
    assert first.rows.tolist() == material.tested().tolist()
    assert np.isfinite(first.confidence).all()
    assert (first.predictions == again.predictions).all()
    assert first.credit.tolist() == again.credit.tolist()


def test_every_arm_and_seed_is_called_once_in_a_folder_of_its_own(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    words = script(tmp_path, writes("said['folder'] = '.'"))
    trainer = CommandTrainer("mine", {"mine": words}, keep=kept)
    arms = [Arm("baseline", ""), Arm("noisy", "", Settings(injected=0.5), "baseline")]

    found = trainer.run(colour_material(tmp_path), arms, [3, 4], quiet)

    assert [(each.arm, each.seed) for each in found] == [
        ("baseline", 3), ("baseline", 4), ("noisy", 3), ("noisy", 4),
    ]  # fmt: skip
    told = [json.loads((each / "configuration.json").read_text()) for each in kept.iterdir()]
    assert {(each["arm"], each["seed"]) for each in told} == {(e.arm, e.seed) for e in found}
    assert {each["settings"]["injected"] for each in told} == {0.0, 0.5}


def test_the_manifest_says_what_is_dropped_corrected_and_weighed(tmp_path: Path) -> None:
    material = colour_material(tmp_path)
    decision = np.full(len(material), "kept", dtype="<U9")
    decision[:2] = ["dropped", "corrected"]
    corrected = ("", "violet", *[""] * (len(material) - 2))
    weight = np.ones(len(material))
    weight[0], weight[2] = 0, 0.25
    curated = Curated(decision, weight, corrected)
    kept = tmp_path / "kept"
    kept.mkdir()
    arm = Arm("cleaned", "", Settings(curation="curated"))

    run_one(
        replace(material, curated=curated), script(tmp_path, writes("")), arm, keep=kept,
        image_path=lambda picture: tmp_path / f"{picture}.png",
    )  # fmt: skip

    [folder] = kept.iterdir()
    rows = {row["sample_id"]: row for row in pq.read_table(folder / "manifest.parquet").to_pylist()}
    assert len(rows) == len(material)
    assert (rows["s0"]["drop"], rows["s0"]["weight"]) == (True, 0)
    assert rows["s1"]["corrected_answer"] == "violet"
    assert rows["s1"]["answers"] == ["violet"]
    assert rows["s2"]["corrected_answer"] is None
    assert rows["s3"]["image"] == str(tmp_path / "3.png")
    assert {row["split"] for row in rows.values()} == {"train", "test"}
    assert all(row["answers"] is None for row in rows.values() if row["split"] == "test")


def test_blanked_pictures_and_questions_reach_the_script_blank(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    arm = Arm("blind", "", Settings(blanked_image=1.0))

    run_one(
        colour_material(tmp_path), script(tmp_path, writes("")), arm, keep=kept,
        image_path=lambda picture: tmp_path / f"{picture}.png",
    )  # fmt: skip

    [folder] = kept.iterdir()
    rows = pq.read_table(folder / "manifest.parquet").to_pylist()
    assert {row["image"] for row in rows if row["split"] == "test"} == {None}
    assert None not in {row["image"] for row in rows if row["split"] == "train"}


FAULTS = {
    "fails": ("print('no such layer'); sys.exit(3)", "ended with status 3; .*no such layer"),
    "raises": ("raise ValueError('bad learning rate')", "status 1; .*bad learning rate"),
    "writes nothing": ("sys.exit(0)", "there is no file predictions.jsonl"),
    "writes rubbish": (
        "open(said['predictions'], 'wb').write(bytes(range(256)) * 9); sys.exit(0)",
        "predictions.jsonl",
    ),
    "writes an empty file": ("open(said['predictions'], 'w'); sys.exit(0)", "file is empty"),
    "writes too few rows": ("lines = lines[2:]", "2 of 12 tested samples have no prediction: “s60”"),
    "answers one twice": ("lines.append(lines[0])", "row 13, sample_id: “s60” comes twice"),
    "answers what nobody asked": (
        "lines[0]['sample_id'] = 's1'", "row 1, sample_id: “s1” is not among the tested",
    ),
    "answers no text": ("lines[4]['prediction'] = {'a': 1}", "row 5, prediction: "),
    "is surer than sure": (
        "lines = [line | {'confidence': 1.5} for line in lines]", "row 1, confidence: ",
    ),
    "leaves a field out": (
        "lines = [{'sample_id': line['sample_id']} for line in lines]",
        "there is no field prediction",
    ),
    "answers without an end": ("lines[0]['prediction'] = 'a' * 5000", "longer than 4000"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_script_that_fails_ends_as_a_failed_trial_in_words(fault: str, tmp_path: Path) -> None:
    lines, words = FAULTS[fault]

    outcome = run_one(colour_material(tmp_path), script(tmp_path, writes(lines)))

    assert outcome.state == "failed"
    assert len(outcome.credit) == 0
    with pytest.raises(AssertionError, match=f"(?s){words}"):
        raise AssertionError(outcome.why)


def test_predictions_may_be_a_parquet_file(tmp_path: Path) -> None:
    lines = """
        import pyarrow as pa
        pq.write_table(pa.Table.from_pylist(lines), said["predictions"][:-5] + "parquet")
        sys.exit(0)
    """

    outcome = run_one(colour_material(tmp_path), script(tmp_path, writes(lines)))

    assert outcome.state == "done", outcome.why
    assert outcome.credit.mean() == pytest.approx(0.5)
    assert np.isnan(outcome.confidence).all()


HANGS = """
    import pathlib, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    pathlib.Path({mark!r}).write_text(str(child.pid))
    print("waiting", flush=True)
    time.sleep(60)
"""


def has_ended(process: int, patience: float = 5.0) -> bool:
    """Whether the process is gone, or a zombie that nobody has asked after."""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_script_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "child"

    outcome = run_one(
        colour_material(tmp_path), script(tmp_path, HANGS.format(mark=str(mark))), seconds=1.5
    )

    assert outcome.state == "failed"
    assert "did not end within 1.5 seconds; it said last:\nwaiting" in outcome.why
    assert has_ended(int(mark.read_text()))


def test_stopping_ends_the_script_and_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "child"

    def stops_once_the_child_is_there(share: float, step: str) -> None:
        if mark.exists() and mark.read_text():
            raise Stopped("stopped")

    words = script(tmp_path, HANGS.format(mark=str(mark)))
    trainer = CommandTrainer("mine", {"mine": words}, seconds=60)

    with pytest.raises(Stopped):
        trainer.run(
            colour_material(tmp_path), [Arm("baseline", "")], [0], stops_once_the_child_is_there
        )

    assert has_ended(int(mark.read_text()))


def test_a_script_that_ignores_being_asked_is_killed(tmp_path: Path) -> None:
    words = script(
        tmp_path,
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    )
    started = time.monotonic()

    outcome = run_one(colour_material(tmp_path), words, seconds=0.5)

    assert outcome.state == "failed"
    assert time.monotonic() - started < 20


def test_a_program_that_is_not_there_is_a_failed_trial(tmp_path: Path) -> None:
    outcome = run_one(colour_material(tmp_path), [str(tmp_path / "no-such-program")])

    assert outcome.state == "failed"
    assert "cannot be started" in outcome.why


def test_the_server_s_secrets_are_kept_from_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hidden")
    monkeypatch.setenv("KEPT", "seen")
    lines = "import os; print(os.environ.get('SECRET_KEY'), os.environ['KEPT']); sys.exit(1)"

    assert "None seen" in run_one(colour_material(tmp_path), script(tmp_path, writes(lines))).why


def test_nothing_is_read_by_a_shell(tmp_path: Path) -> None:
    words = [*script(tmp_path, "import sys; print(sys.argv[1]); sys.exit(1)"), "$(id); `id` > x"]

    assert "$(id); `id` > x" in run_one(colour_material(tmp_path), words).why
    assert not (tmp_path / "x").exists()


def test_a_command_that_nobody_allowed_is_refused() -> None:
    with pytest.raises(TrainingRefused, match=r"“rm -rf /” is not among .* \(“mine”\)"):
        CommandTrainer("rm -rf /", {"mine": ["true"]})


def test_a_factor_that_the_script_does_not_see_to_is_refused_by_name(tmp_path: Path) -> None:
    material = colour_material(tmp_path)
    arm = Arm("dropping", "", Settings(dropped_image=0.3))
    words = script(tmp_path, writes(""))

    with pytest.raises(TrainingRefused, match="“dropping” changes dropped_image"):
        run_one(material, words, arm)
    assert run_one(material, words, arm, honours=("dropped_image",)).state == "done"
    with pytest.raises(ValueError, match="no factor dropped_sound"):
        run_one(material, words, arm, honours=("dropped_sound",))


def test_the_configuration_knows_the_script_by_its_contents(tmp_path: Path) -> None:
    def described(text: str) -> dict[str, Any]:
        return CommandTrainer("mine", {"mine": script(tmp_path, text)}).configuration()

    first, again, other = described("pass"), described("pass"), described("pass  # once more")

    assert first == again != other
    assert json.loads(json.dumps(first)) == first
    assert str(tmp_path / "script.py") in first["checksums"]
    assert first["words"][0] == os.path.abspath(sys.executable)


def test_another_run_s_samples_come_with_their_own_pictures(tmp_path: Path) -> None:
    target = replace(
        colour_material(tmp_path, trained=0, tested=6),
        sample_id=np.array([f"t{number}" for number in range(6)]),
    )
    shown: Callable[[int], Path | None] = lambda picture: tmp_path / f"own-{picture}"  # noqa: E731
    other: Callable[[int], Path | None] = lambda picture: tmp_path / f"other-{picture}"  # noqa: E731
    kept = tmp_path / "kept"
    kept.mkdir()
    arm = Arm("elsewhere", "", Settings(tested_on="other"))

    outcome = run_one(
        replace(colour_material(tmp_path), target=target), script(tmp_path, writes("")), arm,
        image_path=shown, target_image_path=other, keep=kept,
    )  # fmt: skip

    assert outcome.state == "done", outcome.why
    assert outcome.rows.tolist() == list(range(6))
    [folder] = kept.iterdir()
    rows = pq.read_table(folder / "manifest.parquet").to_pylist()
    paths = {(row["split"], Path(row["image"]).name.split("-")[0]) for row in rows}
    assert paths == {("train", "own"), ("test", "other")}
