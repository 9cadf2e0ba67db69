"""Encoders: given vectors, words and picture descriptors, and CLIP-type models from a folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from triage.science.analysis import encoders
from triage.science.analysis.encoders import EncoderUnavailable, encode, propose_encoder
from triage.science.record.records import SCHEMA


def sample_table(*rows: dict[str, Any]) -> pa.Table:
    made = [
        {"position": number, "sample_id": f"s{number}", "question": "?", "prediction": "1", **row}
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(made, schema=SCHEMA)


def coloured(path: str) -> Image.Image | None:
    """The picture that a name such as 'red.png' promises; None for 'gone.png'."""
    name = path.removesuffix(".png")
    return None if name == "gone" else Image.new("RGB", (20, 30), name)


def no_image(path: str) -> Image.Image | None:
    raise AssertionError(f"nobody asked for {path}")


def test_given_vectors_are_put_side_by_side_at_unit_length() -> None:
    table = sample_table(
        {"image_embedding": [3.0, 4.0], "text_embedding": [0.0, 2.0]},
        {"image_embedding": [1.0, 0.0], "text_embedding": [5.0, 0.0]},
    )

    found = encode("given", table, no_image)

    assert found.joint == pytest.approx(np.array([[0.6, 0.8, 0, 1], [1, 0, 1, 0]]))
    assert found.similarity() == pytest.approx([0.8, 1.0])
    assert found.image_present.all()


def test_a_vector_that_is_missing_makes_no_similarity() -> None:
    table = sample_table(
        {"image_embedding": [1.0, 0.0], "text_embedding": [1.0, 0.0]},
        {"image_embedding": None, "text_embedding": [1.0, 0.0]},
        {"image_embedding": [1.0, 0.0], "text_embedding": None},
    )

    found = encode("given", table, no_image)

    assert found.image_present.tolist() == [True, False, True]
    assert found.similarity() == pytest.approx([1, np.nan, np.nan], nan_ok=True)


def test_vectors_of_different_length_are_clustered_but_not_compared() -> None:
    table = sample_table({"image_embedding": [1.0, 0.0, 0.0], "text_embedding": [1.0, 0.0]})

    found = encode("given", table, no_image)

    assert found.joint.shape == (1, 5)
    assert found.similarity() is None


def test_text_vectors_alone_are_enough() -> None:
    found = encode("given", sample_table({"text_embedding": [0.0, 2.0]}), no_image)

    assert found.joint.tolist() == [[0, 1]]
    assert found.image_present.tolist() == [False]
    assert found.similarity() is None


def test_given_without_any_vector_is_unavailable() -> None:
    with pytest.raises(EncoderUnavailable, match="neither image_embedding nor text_embedding"):
        encode("given", sample_table({}), no_image)


def test_given_is_proposed_only_if_every_row_has_both_vectors() -> None:
    full = {"image_embedding": [1.0], "text_embedding": [1.0]}

    assert propose_encoder(sample_table(full, full)) == "given"
    assert propose_encoder(sample_table(full, {})) == "builtin"
    assert propose_encoder(sample_table()) == "builtin"
    assert propose_encoder(sample_table(full).select(["question"])) == "builtin"


@pytest.mark.parametrize("name", ["", "bert", "clip"])
def test_an_unknown_encoder_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(EncoderUnavailable, match="known: given, builtin, clip:"):
        encode(name, sample_table({}), no_image)


def test_rows_of_zeros_stay_zero_at_unit_length() -> None:
    assert encoders.unit(np.array([[0.0, 0.0], [0.0, 5.0]])).tolist() == [[0, 0], [0, 1]]


QUESTIONS = ["How many dogs are there?", "How many dogs do you see?", "Is the pizza left of the fork?",
             "Is the pizza right of the fork?"]  # fmt: skip


def test_builtin_brings_like_questions_and_like_pictures_together() -> None:
    table = sample_table(
        *({"question": q, "image": image} for q in QUESTIONS for image in ("red.png", "navy.png"))
    )

    found = encode("builtin", table, coloured)

    near = np.linalg.norm(found.joint[0] - found.joint[2])
    other_picture = np.linalg.norm(found.joint[0] - found.joint[1])
    other_question = np.linalg.norm(found.joint[0] - found.joint[4])
    assert near < other_picture
    assert near < other_question
    assert found.image_present.all()
    assert found.similarity() is None
    assert set(found.versions) == {"scikit-learn"}


def test_builtin_is_the_same_every_time() -> None:
    table = sample_table(*({"question": q, "image": "red.png"} for q in QUESTIONS))

    first, again = (encode("builtin", table, coloured).joint for _ in range(2))

    assert np.array_equal(first, again)


def test_builtin_without_images_is_words_alone() -> None:
    found = encode("builtin", sample_table(*({"question": q} for q in QUESTIONS)), no_image)

    assert not found.image_present.any()
    assert np.linalg.norm(found.joint, axis=1) == pytest.approx(np.ones(4), abs=1e-5)


def test_an_image_that_cannot_be_opened_is_no_image() -> None:
    table = sample_table(
        {"image": "red.png"}, {"image": "gone.png"}, {"image": "blue.png"}, {"image": None}
    )

    found = encode("builtin", table, coloured)

    assert found.image_present.tolist() == [True, False, True, False]
    assert np.isfinite(found.joint).all()


def test_each_picture_is_opened_once() -> None:
    asked: list[str] = []

    def counted(path: str) -> Image.Image | None:
        asked.append(path)
        return coloured(path)

    names = ("red.png", "gone.png", "red.png", "gone.png")
    encode("builtin", sample_table(*({"image": name} for name in names)), counted)

    assert asked == ["red.png", "gone.png"]


@pytest.mark.parametrize("count", [1, 2])
def test_builtin_takes_one_sample_and_texts_without_a_word(count: int) -> None:
    rows = [{"question": "?!", "prediction": "…", "answers": None}] * count

    found = encode("builtin", sample_table(*rows), no_image)

    assert found.joint.shape[0] == count
    assert np.isfinite(found.joint).all()


def test_builtin_takes_a_single_ordinary_sample() -> None:
    found = encode("builtin", sample_table({"question": "How many?", "image": "red.png"}), coloured)

    assert np.isfinite(found.joint).all()
    assert found.image_present.all()


WORDS = sorted({word.strip("?").lower() for q in QUESTIONS for word in q.split()})


def save_tokenizer(folder: Path) -> int:
    """A word-level tokenizer of the questions' words; the size of its vocabulary."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import WordLevel
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<start>", "<end>", "<unknown>"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unknown>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 1), ("<end>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<start>", eos_token="<end>",
        unk_token="<unknown>",
    ).save_pretrained(folder)  # fmt: skip
    return len(vocabulary)


SIZES = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
}  # fmt: skip
TEXT = SIZES | {
    "max_position_embeddings": 9,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
VISION = SIZES | {"image_size": 16, "patch_size": 8}
PICTURES = {
    "do_resize": True,
    "do_normalize": True,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}


def save_clip(folder: Path) -> None:
    import torch
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    text = TEXT | {"vocab_size": save_tokenizer(folder)}
    CLIPModel(CLIPConfig(text_config=text, vision_config=VISION, projection_dim=8)).save_pretrained(
        folder
    )
    pictures = PICTURES | {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": 16},
        "do_center_crop": True,
        "crop_size": {"height": 16, "width": 16},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))


def save_siglip(folder: Path) -> None:
    import torch
    from transformers import SiglipConfig, SiglipModel

    torch.manual_seed(0)
    text = TEXT | {"vocab_size": save_tokenizer(folder), "projection_size": 16}
    SiglipModel(SiglipConfig(text_config=text, vision_config=VISION)).save_pretrained(folder)
    pictures = PICTURES | {
        "image_processor_type": "SiglipImageProcessor",
        "size": {"height": 16, "width": 16},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))


MODELS = {"clip": (save_clip, 8), "siglip": (save_siglip, 16)}


@pytest.fixture(scope="module", params=sorted(MODELS))
def model_folder(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    save: Callable[[Path], None]
    save, size = MODELS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    save(folder)
    return folder, size


def test_a_model_in_a_folder_puts_images_and_texts_into_one_space(
    model_folder: tuple[Path, int],
) -> None:
    folder, size = model_folder
    images = ("red.png", "blue.png", "gone.png", None)
    table = sample_table(
        *({"question": q, "image": i} for q, i in zip(QUESTIONS, images, strict=True))
    )

    found = encode(f"clip:{folder}", table, coloured)

    assert found.joint.shape == (4, 2 * size)
    assert found.image_present.tolist() == [True, True, False, False]
    similarity = found.similarity()
    assert similarity is not None
    assert np.isfinite(similarity).tolist() == [True, True, False, False]
    assert (np.abs(similarity[:2]) <= 1).all()
    assert found.encoder == f"clip:{folder}"
    assert set(found.versions) == {"transformers", "torch"}


def test_the_similarity_is_the_models_own(model_folder: tuple[Path, int]) -> None:
    import torch
    import transformers

    folder, _ = model_folder
    found = encode(
        f"clip:{folder}", sample_table({"question": QUESTIONS[0], "image": "red.png"}), coloured
    ).similarity()

    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    pictures = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    filled = "max_length" if "siglip" in folder.name else "longest"
    tokens = tokenizer([QUESTIONS[0]], padding=filled, max_length=9, return_tensors="pt")
    pixels = pictures(images=[Image.new("RGB", (20, 30), "red")], return_tensors="pt")
    with torch.no_grad():
        names = ("input_ids", "attention_mask")
        output = model(**{name: tokens[name] for name in names}, **pixels)
    expected = (output.image_embeds * output.text_embeds).sum()
    assert found == pytest.approx([float(expected)], abs=1e-5)


def test_one_text_among_longer_ones_is_encoded_as_alone(model_folder: tuple[Path, int]) -> None:
    folder, _ = model_folder

    alone = encode(f"clip:{folder}", sample_table({"question": QUESTIONS[0]}), coloured)
    among = encode(
        f"clip:{folder}",
        sample_table({"question": QUESTIONS[0]}, {"question": QUESTIONS[2]}),
        coloured,
    )

    assert among.joint[0] == pytest.approx(alone.joint[0], abs=1e-5)


def test_a_text_longer_than_the_model_reads_is_cut(model_folder: tuple[Path, int]) -> None:
    folder, _ = model_folder

    found = encode(f"clip:{folder}", sample_table({"question": "dogs " * 200}), coloured)

    assert np.isfinite(found.joint).all()


def test_progress_of_a_model_ends_at_one(model_folder: tuple[Path, int]) -> None:
    seen: list[float] = []
    rows = [{"question": QUESTIONS[0]}] * (encoders.BATCH + 1)

    encode(
        f"clip:{model_folder[0]}",
        sample_table(*rows),
        coloured,
        lambda share, step: seen.append(share),
    )

    assert seen == [pytest.approx(32 / 33), 1]


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./nowhere", "~/nowhere-at-all"])
def test_a_folder_that_is_not_there_is_said_without_a_network(name: str) -> None:
    with pytest.raises(EncoderUnavailable, match=f"no folder '{name}'"):
        encode(f"clip:{name}", sample_table({}), coloured)


def test_an_empty_folder_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="cannot be loaded"):
        encode(f"clip:{tmp_path}", sample_table({}), coloured)


def test_a_model_that_sees_no_images_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    BertModel(BertConfig(vocab_size=save_tokenizer(tmp_path), **SIZES)).save_pretrained(tmp_path)

    with pytest.raises(EncoderUnavailable, match="no CLIP-type model"):
        encode(f"clip:{tmp_path}", sample_table({}), coloured)
