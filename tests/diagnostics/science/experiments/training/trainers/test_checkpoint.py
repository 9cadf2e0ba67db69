"""Fine-tuning of checkpoints: tiny ones of the real kinds, made here, really trained."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome, Stopped, TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.training.trainers.checkpoint import CheckpointTrainer, Schedule

COLOURS = ("red", "green", "blue")
QUESTIONS = ("what colour is it", "which colour has it")
SIZES = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
}  # fmt: skip
NORMALISED = {
    "do_resize": True,
    "do_normalize": True,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}


def picture(number: int) -> Image.Image | None:
    """The picture of that row: all of one colour, a little lighter or darker each time."""
    base = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}
    shade = (number * 7) % 30
    colour = base[COLOURS[number % 3]]
    return Image.new("RGB", (32, 32), (colour[0] - shade, colour[1] - shade, colour[2] - shade))


def colour_material(trained: int = 48, tested: int = 24) -> Material:
    count = trained + tested
    return Material(
        sample_id=np.array([f"s{number}" for number in range(count)]),
        position=np.arange(count),
        split=np.array(["train"] * trained + ["test"] * tested),
        question=tuple(QUESTIONS[number // 3 % 2] for number in range(count)),
        answers=tuple((COLOURS[number % 3],) for number in range(count)),
        image=np.arange(count),
        regions=np.zeros((count, 1, 2), dtype=np.float32),
    )


def save_tokenizer(folder: Path, more: tuple[str, ...] = ()) -> int:
    """A word-level tokenizer of what is asked and answered here; the size of its vocabulary."""
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = sorted({word for each in QUESTIONS for word in each.split()} | {*COLOURS, "violet"})
    every = ["<pad>", "<start>", "<end>", "<unknown>", *more, *words]
    vocabulary = {word: number for number, word in enumerate(every)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unknown>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<start>", eos_token="<end>",
        unk_token="<unknown>", additional_special_tokens=list(more),
    ).save_pretrained(folder)  # fmt: skip
    return len(every)


def save_vilt(folder: Path, labels: tuple[str, ...]) -> None:
    import torch
    from transformers import ViltConfig, ViltForQuestionAnswering

    torch.manual_seed(0)
    config = ViltConfig(
        **SIZES, vocab_size=save_tokenizer(folder), image_size=32, patch_size=16,
        max_position_embeddings=12, id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    ViltForQuestionAnswering(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        json.dumps(
            NORMALISED
            | {"image_processor_type": "ViltImageProcessor", "size": {"shortest_edge": 32},
               "size_divisor": 16, "do_pad": True}
        )
    )  # fmt: skip


def save_llava(folder: Path) -> None:
    import torch
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
    )

    torch.manual_seed(0)
    words = save_tokenizer(folder, ("<image>",))
    text = LlamaConfig(
        **SIZES, vocab_size=words, max_position_embeddings=64, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, num_key_value_heads=2,
        # Frozen weights of a trained model's size: an adapter moves little behind tiny ones.
        initializer_range=0.3,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**SIZES, image_size=16, patch_size=8), text_config=text,
        image_token_index=4, vision_feature_select_strategy="default", vision_feature_layer=-1,
    )  # fmt: skip
    model = LlavaForConditionalGeneration(config)
    model.generation_config.pad_token_id = 0
    model.generation_config.eos_token_id = 2
    model.save_pretrained(folder)
    pictures = NORMALISED | {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 16},
        "do_center_crop": True, "crop_size": {"height": 16, "width": 16},
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    (folder / "processor_config.json").write_text(
        json.dumps(
            {"processor_class": "LlavaProcessor", "patch_size": 8, "image_token": "<image>",
             "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1}
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def vilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vilt")
    save_vilt(folder, ("yes", "no"))
    return folder


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llava")
    save_llava(folder)
    return folder


QUICK = Schedule(epochs=6, batch=16, learning_rate=3e-3)
BASELINE = Arm("baseline", "as it is")


def quiet(share: float, step: str) -> None:
    """Progress that nobody looks at."""


def trained(
    folder: Path, *arms: Arm, seeds: tuple[int, ...] = (0,), material: Material | None = None,
    schedule: Schedule = QUICK, **options: Any,
) -> list[Outcome]:  # fmt: skip
    trainer = CheckpointTrainer(str(folder), picture, schedule=schedule, **options)
    return trainer.run(material or colour_material(), arms or (BASELINE,), seeds, quiet)


def test_a_vilt_learns_to_answer_from_pictures(vilt: Path) -> None:
    blind = Arm("blind", "", Settings(blanked_image=1.0), "baseline")

    seen, unseen = trained(vilt, BASELINE, blind)

    assert seen.state == unseen.state == "done", seen.why
    assert seen.credit.mean() > 0.9
    assert unseen.credit.mean() < 0.5
    assert len(seen.curve) == QUICK.epochs
    assert seen.curve[-1][0] < 0.5 * seen.curve[0][0]
    assert seen.rows.tolist() == colour_material().tested().tolist()
    assert ((seen.confidence > 0) & (seen.confidence < 1)).all()


def test_the_same_seed_trains_the_same_bits_and_another_does_not(vilt: Path) -> None:
    short = replace(QUICK, epochs=2)

    first, other = trained(vilt, seeds=(0, 1), schedule=short)
    [again] = trained(vilt, schedule=short)

    assert first.curve == again.curve
    assert first.confidence.tolist() == again.confidence.tolist()
    assert first.confidence.tolist() != other.confidence.tolist()


def test_a_head_that_knows_all_answers_is_kept(tmp_path: Path) -> None:
    from transformers import ViltForQuestionAnswering

    from diagnostics.science.experiments.training.trainers.vision_language import Adapter, load

    save_vilt(tmp_path, ("violet", "blue", "green", "red"))
    answers = [(colour,) for colour in COLOURS]

    kept = load(str(tmp_path), "main", Adapter(), answers, "cpu")
    made = load(str(tmp_path), "main", Adapter(), [*answers, ("teal",)], "cpu")

    stored = ViltForQuestionAnswering.from_pretrained(tmp_path).classifier[3].weight
    assert (kept.module.classifier[3].weight == stored).all()  # type: ignore[index, union-attr]
    assert kept.labels == ("violet", "blue", "green", "red")  # type: ignore[attr-defined]
    assert made.labels == ("blue", "green", "red", "teal")  # type: ignore[attr-defined]


def test_samples_of_no_weight_teach_nothing(vilt: Path) -> None:
    """With weights of 0 the decay of the optimiser is all that moves."""
    from diagnostics.science.experiments.design.material import Curated

    material = colour_material()
    count = len(material)
    weighed = Curated(np.full(count, "kept", "<U9"), np.zeros(count), ("",) * count)

    [outcome] = trained(
        vilt, Arm("weighed", "", Settings(curation="curated")),
        material=replace(material, curated=weighed), schedule=replace(QUICK, epochs=2),
    )  # fmt: skip

    assert outcome.curve[0][0] == outcome.curve[-1][0] == 0


def test_training_that_diverges_is_said(vilt: Path) -> None:
    [outcome] = trained(vilt, schedule=replace(QUICK, learning_rate=1e30))

    assert outcome.state == "diverged"
    assert "no number in epoch" in outcome.why
    assert len(outcome.credit) == 0


def test_every_picture_missing_is_trained_on_words_alone(vilt: Path) -> None:
    material = colour_material()
    gone = replace(material, image=np.full(len(material), -1))

    [outcome] = trained(vilt, material=gone, schedule=replace(QUICK, epochs=1))

    assert outcome.state == "done"
    assert len(set(outcome.predictions.tolist())) <= len(QUESTIONS)


def test_pictures_dropped_in_training_leave_the_rest_of_chance_alone(vilt: Path) -> None:
    arms = [Arm(f"drop {share}", "", Settings(dropped_image=share)) for share in (0.0, 0.5, 1.0)]
    opened: list[int] = []

    def counted(number: int) -> Image.Image | None:
        opened.append(number)
        return picture(number)

    trainer = CheckpointTrainer(str(vilt), counted, schedule=replace(QUICK, epochs=1, watched=0))
    numbers = []
    for arm in arms:
        opened.clear()
        [outcome] = trainer.run(colour_material(), [arm], [0], quiet)
        assert outcome.state == "done"
        numbers.append(sum(number < 48 for number in opened))

    assert numbers[0] == 48
    assert 10 < numbers[1] < 38
    assert numbers[2] == 0


def test_an_adapter_changes_nothing_but_itself_and_its_loss_falls(llava: Path) -> None:
    import torch

    from diagnostics.science.experiments.training.trainers.vision_language import (
        Adapter,
        Shown,
        load,
    )

    torch.manual_seed(0)
    learner = load(str(llava), "main", Adapter(rank=4), [], "cpu")
    before = {name: each.detach().clone() for name, each in learner.module.named_parameters()}
    shown = Shown(
        [QUESTIONS[0]] * 6, [picture(n) for n in range(6)], [(COLOURS[n % 3],) for n in range(6)]
    )
    weights = [each for each in learner.module.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=2e-2)
    losses = []
    for _ in range(60):
        loss = learner.losses(shown).mean()
        losses.append(float(loss.detach()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    moved = {
        name for name, each in learner.module.named_parameters()
        if not torch.equal(each, before[name])
    }  # fmt: skip
    assert moved
    assert all("lora_" in name and "vision" not in name for name in moved)
    assert losses[-1] < 0.8 * losses[0]


def test_the_loss_of_an_adapter_is_that_of_the_answer_alone_however_it_is_filled_up(
    llava: Path,
) -> None:
    import torch

    from diagnostics.science.experiments.training.trainers.vision_language import (
        Adapter,
        Shown,
        load,
    )

    learner = load(str(llava), "main", Adapter(), [], "cpu")
    learner.module.eval()
    questions, answers = ["what colour is it", "colour"], [("red",), ("green blue red",)]
    pictures = [picture(0), picture(1)]

    together = learner.losses(Shown(questions, pictures, answers))
    alone = [
        learner.losses(Shown(questions[n : n + 1], pictures[n : n + 1], answers[n : n + 1]))
        for n in range(2)
    ]

    assert together.tolist() == pytest.approx(torch.cat(alone).tolist(), rel=1e-4)


def test_a_generative_checkpoint_is_trained_and_asked_as_an_arm(llava: Path) -> None:
    plan = Schedule(epochs=4, batch=16, learning_rate=2e-2, rank=4)
    noisy = Arm("noisy", "", Settings(injected=0.5), "baseline")

    clean, other = trained(llava, BASELINE, noisy, schedule=plan)

    assert clean.state == other.state == "done", clean.why
    assert clean.curve[-1][0] < clean.curve[0][0]
    assert ((clean.confidence > 0) & (clean.confidence <= 1)).all()
    assert len(clean.predictions) == 24
    assert clean.predictions.tolist() == trained(llava, schedule=plan)[0].predictions.tolist()


@pytest.mark.parametrize(
    ("factor", "value"),
    [("placed", False), ("relations", True), ("attended", True), ("contrastive", True),
     ("augmented", True)],
)  # fmt: skip
def test_a_factor_that_no_checkpoint_can_honour_is_refused_by_name(
    vilt: Path, factor: str, value: bool
) -> None:
    arm = Arm("other", "", Settings(**{factor: value}))

    with pytest.raises(TrainingRefused, match=f"“other” changes {factor}, which a checkpoint"):
        trained(vilt, arm)


def test_a_checkpoint_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingRefused, match="no folder"):
        trained(tmp_path / "nowhere")
    with pytest.raises(TrainingRefused, match="cannot be loaded"):
        trained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(TrainingRefused, match="is a bert: neither a ViLT nor a generative"):
        trained(tmp_path)


def test_another_run_s_pictures_have_to_be_at_hand(vilt: Path) -> None:
    material = replace(
        colour_material(),
        target=replace(
            colour_material(0, 6), sample_id=np.array([f"t{number}" for number in range(6)])
        ),
    )
    arm = Arm("elsewhere", "", Settings(tested_on="other"))
    short = replace(QUICK, epochs=1)

    with pytest.raises(TrainingRefused, match="pictures of the other run"):
        trained(vilt, arm, material=material, schedule=short)
    [outcome] = trained(vilt, arm, material=material, schedule=short, load_target_image=picture)
    assert len(outcome.credit) == 6


def test_stopping_ends_the_training(vilt: Path) -> None:
    def stop(share: float, step: str) -> None:
        raise Stopped("stopped")

    with pytest.raises(Stopped):
        CheckpointTrainer(str(vilt), picture).run(colour_material(), [BASELINE], [0], stop)


def test_the_configuration_knows_a_checkpoint_by_its_contents(tmp_path: Path) -> None:
    save_vilt(tmp_path, ("yes",))
    first = CheckpointTrainer(str(tmp_path), picture).configuration()
    (tmp_path / "note.txt").write_text("other")
    second = CheckpointTrainer(str(tmp_path), picture).configuration()

    assert first["checksum"] != second["checksum"]
    assert json.loads(json.dumps(first)) == first
    assert first["versions"]["torch"].startswith("2.13.0")


@pytest.fixture(autouse=True)
def _quiet_loading() -> None:
    """transformers announces every weight that is new."""
    logging.getLogger("transformers").setLevel(logging.ERROR)
