"""Encoders: from samples to vectors, for clustering and for distances to the training samples.

torch and transformers are imported only when a CLIP-type encoder is really used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image
from threadpoolctl import threadpool_limits

from triage.science.analysis.image_descriptors import LENGTH, describe
from triage.science.progress import Progress
from triage.science.words import gettext_noop as _

LoadImage = Callable[[str], Image.Image | None]
TEXT_DIMENSIONS = 64
IMAGE_DIMENSIONS = 48
BATCH = 32
WORD = r"(?u)\b\w+\b"


class EncoderUnavailable(RuntimeError):
    """The encoder asked for cannot be used here; the message says why."""


@dataclass(frozen=True)
class Embeddings:
    """Vectors of n samples.

    `joint` (n, d) is what is clustered. `image` and `text` (n, e) are set where both lie in one
    space, so that their cosine means something. Rows without an image have zeros in the image
    part, and `image_present` (n,) is False.
    """

    joint: np.ndarray
    image_present: np.ndarray
    encoder: str
    image: np.ndarray | None = None
    text: np.ndarray | None = None
    versions: dict[str, str] = field(default_factory=dict)

    def similarity(self) -> np.ndarray | None:
        """Cosine of image and text of each sample, NaN where either is absent; None if they are
        not comparable."""
        if self.image is None or self.text is None:
            return None
        cosines = np.einsum("ij,ij->i", unit(self.image), unit(self.text))
        known = self.image_present & self.image.any(axis=1) & self.text.any(axis=1)
        return np.where(known, cosines, np.nan)


def propose_encoder(table: pa.Table) -> str:
    """'given' if every row has both embeddings, else 'builtin'."""
    names = ("image_embedding", "text_embedding")
    complete = all(name in table.column_names and not table[name].null_count for name in names)
    return "given" if complete and table.num_rows else "builtin"


def encode(
    name: str, table: pa.Table, load_image: LoadImage, progress: Progress = lambda share, step: None
) -> Embeddings:
    """Encode the rows of `table` (columns of the record). `name`: given, builtin or clip:<model>.

    Raises EncoderUnavailable for an unknown name, absent embeddings or a model that cannot be had.
    """
    if name == "given":
        return _given(table)
    if name == "builtin":
        return _builtin(table, load_image, progress)
    if name.startswith("clip:"):
        return _clip(name.removeprefix("clip:"), table, load_image, progress)
    raise EncoderUnavailable(f"'{name}' is no encoder (known: given, builtin, clip:FOLDER-OR-ID)")


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1; zero rows stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1.0))


def sample_text(row: dict[str, Any]) -> str:
    """What is said about a sample: question, answers and prediction."""
    answers = " ".join(row.get("answers") or [])
    return f"{row['question']} {answers} {row['prediction']}"


def _given(table: pa.Table) -> Embeddings:
    image, text = (_stacked(table, name) for name in ("image_embedding", "text_embedding"))
    parts = [unit(part) for part in (image, text) if part is not None]
    if not parts:
        raise EncoderUnavailable("the run has neither image_embedding nor text_embedding")
    present = np.zeros(table.num_rows, dtype=bool)
    if image is not None:
        present = np.asarray(image.any(axis=1))
    comparable = image is not None and text is not None and image.shape[1] == text.shape[1]
    return Embeddings(
        joint=np.hstack(parts).astype(np.float32),
        image_present=present,
        encoder="given",
        image=image if comparable else None,
        text=text if comparable else None,
    )


def _stacked(table: pa.Table, name: str) -> np.ndarray | None:
    """A column of vectors as (n, d), zeros where a row has none; None if no row has one."""
    column = table[name].to_pylist() if name in table.column_names else []
    length = next((len(each) for each in column if each is not None), 0)
    if not length:
        return None
    return np.array([each if each is not None else [0.0] * length for each in column])


def _builtin(table: pa.Table, load_image: LoadImage, progress: Progress) -> Embeddings:
    rows = table.select(["question", "answers", "prediction", "image"]).to_pylist()
    with threadpool_limits(1, user_api="blas"):  # the same digits whatever the threads
        text = _reduced_text([sample_text(row) for row in rows])
    described: dict[str, np.ndarray | None] = {}
    image = np.zeros((len(rows), LENGTH))
    present = np.zeros(len(rows), dtype=bool)
    for index, row in enumerate(rows):
        path = row["image"]
        if path is not None and path not in described:
            opened = load_image(path)
            described[path] = None if opened is None else describe(opened)
        vector = described.get(path) if path is not None else None
        if vector is not None:
            image[index], present[index] = vector, True
        if index % 500 == 0:
            progress(index / len(rows), _("Describing images"))
    with threadpool_limits(1, user_api="blas"):
        image = _reduced_images(image, present)
    joint = np.hstack([unit(text), unit(image)]) if present.any() else unit(text)
    import sklearn

    versions = {"scikit-learn": sklearn.__version__}
    return Embeddings(joint.astype(np.float32), present, "builtin", versions=versions)


def _reduced_text(texts: Sequence[str]) -> np.ndarray:
    """TF-IDF over words and pairs of words, reduced by truncated SVD (latent semantic analysis)."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, max_features=20_000, token_pattern=WORD
    )
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:  # no word in any text
        return np.zeros((len(texts), 1))
    size = min(TEXT_DIMENSIONS, weights.shape[1] - 1, len(texts) - 1)
    if size < 1:
        return np.asarray(weights.todense())
    # Texts that are all alike have no variance to explain: 0/0 in a figure that nobody reads.
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(TruncatedSVD(size, random_state=0).fit_transform(weights))


def _reduced_images(image: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Principal components of the rows that have an image; zero elsewhere (their mean)."""
    from sklearn.decomposition import PCA

    known = image[present]
    size = min(IMAGE_DIMENSIONS, *known.shape) if len(known) else 0
    if size < 2 or np.allclose(known, known[0]):
        return np.zeros((len(image), 1))
    reduced = np.zeros((len(image), size))
    reduced[present] = PCA(size, random_state=0).fit_transform(known)
    return reduced


def _clip(
    model_name: str, table: pa.Table, load_image: LoadImage, progress: Progress
) -> Embeddings:
    import torch
    import transformers

    loaded = _load_clip(model_name)
    rows = table.select(["question", "image"]).to_pylist()
    image_parts, text_parts, present = [], [], []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        opened = [load_image(row["image"]) if row["image"] else None for row in part]
        present += [image is not None for image in opened]
        blank = Image.new("RGB", (32, 32))
        shown = [image.convert("RGB") if image is not None else blank for image in opened]
        with torch.no_grad():
            pixels = loaded.pictures(images=shown, return_tensors="pt")["pixel_values"]
            pixels = pixels.to(loaded.model.device)
            image_parts.append(_pooled(loaded.model.get_image_features(pixel_values=pixels)))
            tokens = loaded.tokens([row["question"] for row in part])
            text_parts.append(_pooled(loaded.model.get_text_features(**tokens)))
        progress((start + len(part)) / len(rows), _("Encoding images and text"))
    mask = np.array(present, dtype=bool)
    image = np.vstack(image_parts) * mask[:, None]
    text = np.vstack(text_parts)
    return Embeddings(
        joint=np.hstack([unit(image), unit(text)]).astype(np.float32),
        image_present=mask,
        encoder=f"clip:{model_name}",
        image=image,
        text=text,
        versions={"transformers": transformers.__version__, "torch": torch.__version__},
    )


@dataclass(frozen=True)
class _ClipModel:
    """A loaded model with what prepares its input."""

    model: Any
    tokenizer: Any
    pictures: Any

    def tokens(self, texts: Sequence[str]) -> dict[str, Any]:
        """Word ids and mask, on the model's device."""
        longest = self.model.config.text_config.max_position_embeddings
        # SigLIP was trained on texts filled up to full length and reads the last place.
        fill = "max_length" if self.model.config.model_type.startswith("siglip") else "longest"
        found = self.tokenizer(
            list(texts), padding=fill, truncation=True, max_length=longest, return_tensors="pt"
        )
        names = [name for name in ("input_ids", "attention_mask") if name in found]
        return {name: found[name].to(self.model.device) for name in names}


def _load_clip(name: str) -> _ClipModel:
    if name.startswith(("/", "./", "../", "~")) and not Path(name).expanduser().is_dir():
        raise EncoderUnavailable(f"there is no folder '{name}' with a model in it")
    import torch
    import transformers

    place = str(Path(name).expanduser()) if name.startswith("~") else name
    try:
        model = transformers.AutoModel.from_pretrained(place)
        if not hasattr(model, "get_image_features") or not hasattr(model.config, "text_config"):
            raise EncoderUnavailable(f"'{name}' is no CLIP-type model: it has no image features")
        tokenizer = transformers.AutoTokenizer.from_pretrained(place)
        # Pillow's processor: the other one needs torchvision.
        pictures = transformers.AutoImageProcessor.from_pretrained(place, backend="pil")
    except (OSError, ValueError, ImportError) as problem:
        raise EncoderUnavailable(
            f"the model '{name}' cannot be loaded from a folder or the hub: {problem}"
        ) from problem
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return _ClipModel(model.to(device).eval(), tokenizer, pictures)


def _pooled(output: Any) -> np.ndarray:
    """The pooled features, whichever way this version of the library hands them out."""
    pooled = getattr(output, "pooler_output", output)
    return np.asarray(pooled.float().cpu().numpy())
