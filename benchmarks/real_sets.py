"""Public data sets as the records that a team would import, each with what its re-annotators said.

None is part of this repository. easy-VQA (github.com/vzhou842/easy-VQA), NLVR
(github.com/lil-lab/nlvr), PuzzleVQA with GPT-4o's answers (github.com/declare-lab/LLM-PuzzleTest),
CIFAR-10's test set with a model's probabilities (github.com/cleanlab/label-errors) and CIFAR-10H's
people (github.com/jcpeterson/cifar-10h) have pictures; POPE with RePOPE
(github.com/YanNeu/RePOPE), VSR, VALSE, BLINK, MathVista, TIFA, label-errors' audits, LLaVA's
answers on TextVQA and logs of lmms-eval have none here.

A set that has no split gets one by lot, whole pictures at a time: 6/10 train, 1/10 val, 3/10 test.
A set without a model's predictions gets those of a logistic regression on picture descriptors and
words that did not train on the picture.
"""

import argparse
import csv
import gzip
import io
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

Row = dict[str, Any]
# As people judge a sample: its right answer, or None where it is to be dropped.
Verdicts = Mapping[str, str | None]
# Where the sets lie, but for REAL_DATA_DIR.
DATA = "../shared/data"
FOLDS, LEAST, SHARES = 5, 1e-6, (0.6, 0.1, 0.3)
# Of the samples that people found right, so many of each set are answered as kept.
MOST_KEPT = 300
NOISE = (
    *("cleaning", "reweighting", "cleaning_and_reweighting", "noise_injection", "control_group"),
)


@dataclass(frozen=True)
class Brought:
    """Records of one set; `images`: the folder of its pictures; `others`: further runs to test on.

    `glossary`: as a team would type it. `only`: experiments that are tried; empty is all.
    """

    name: str
    rows: Sequence[Row]
    images: Path | None = None
    verdicts: Verdicts = field(default_factory=dict)
    others: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    glossary: str = ""
    only: tuple[str, ...] = ()


def arguments(words: str | None) -> argparse.ArgumentParser:
    """What a benchmark on real sets is told; the folder that holds them is asked for already."""
    parser = argparse.ArgumentParser(
        description=words, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("REAL_DATA_DIR", DATA))
    return parser


def lines(path: Path) -> list[dict[str, Any]]:
    """One JSON object a line."""
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def by_lot(groups: Sequence[str], seed: int = 0) -> list[str]:
    """A split for each sample; those of one group have the same."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    ends = np.cumsum(SHARES[:2]) * len(names)
    split = {
        names[which]: "train" if place < ends[0] else "val" if place < ends[1] else "test"
        for place, which in enumerate(order)
    }
    return [split[group] for group in groups]


def predict(rows: Sequence[Row], images: Path, seed: int = 0) -> None:
    """Give each row a prediction, candidates and a loss of a model that never saw its picture.

    Pictures of training: by the other folds; all others: by all of training.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    from triage.science.analysis.image_descriptors import describe

    names = sorted({row["image"] for row in rows})
    seen = {name: describe(Image.open(images / name)) for name in names}
    words = TfidfVectorizer(ngram_range=(1, 2)).fit_transform([row["question"] for row in rows])
    columns = hstack([words, csr_matrix(np.array([seen[row["image"]] for row in rows]))]).tocsr()
    target = np.array([row["answers"][0] for row in rows])
    trained = np.flatnonzero(np.array([row["split"] == "train" for row in rows]))
    rest = np.setdiff1d(np.arange(len(rows)), trained)
    groups = [rows[row]["image"] for row in trained]
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed).split(trained, groups=groups)
    for fit, held in [*((trained[one], trained[two]) for one, two in folds), (trained, rest)]:
        model = LogisticRegression(C=1.0, max_iter=2000).fit(columns[fit], target[fit])
        for row, shares in zip(held.tolist(), model.predict_proba(columns[held]), strict=True):
            say(rows[row], dict(zip(model.classes_.tolist(), shares.tolist(), strict=True)))


def say(row: Row, shares: Mapping[str, float]) -> None:
    """Probabilities of answers as fields of a record."""
    ranked = sorted(shares, key=lambda answer: -shares[answer])
    row["prediction"], row["confidence"] = ranked[0], shares[ranked[0]]
    row["candidates"] = [{"answer": each, "probability": shares[each]} for each in ranked[:10]]
    row["loss"] = -float(np.log(max(shares.get(row["answers"][0], 0.0), LEAST)))


def easy_vqa(folder: Path, scratch: Path) -> Brought:
    """Questions on one drawn shape each; its box is what differs from the background."""
    base = folder / "easy_vqa"
    asked = json.loads((base / "questions.json").read_text())
    boxes = {number: shape_box(base / "images" / f"{number}.png") for _q, _a, number in asked}
    splits = by_lot([str(number) for _q, _a, number in asked])
    rows = [
        {
            "sample_id": f"easy-{place}",
            "image": f"{number}.png",
            "question": question,
            "answers": [answer],
            "question_type": _asked_for(answer),
            "boxes": [boxes[number]],
            "split": split,
        }
        for place, ((question, answer, number), split) in enumerate(zip(asked, splits, strict=True))
    ]
    predict(rows, base / "images")
    words = "shape: form, figure\ncontain: show, have\npresent: there, shown\ncolor: hue\n"
    return Brought("easy_vqa", rows, base / "images", glossary=words)


def easy_vqa_noisy(folder: Path, scratch: Path) -> Brought:
    """The same with 15 % of the training answers exchanged for another of the same kind.

    People know the right one: they correct every wrong answer, and keep 300 others. Experiments on
    noise alone are tried: the others are those of the set as it is.
    """
    clean = easy_vqa(folder, scratch)
    rng = np.random.default_rng(15)
    kinds: dict[str, list[str]] = {}
    for row in clean.rows:
        kinds.setdefault(row["question_type"], []).append(row["answers"][0])
    rows, verdicts = [dict(row) for row in clean.rows], {}
    for row in rows:
        if row["split"] != "train":
            continue
        right = row["answers"][0]
        verdicts[row["sample_id"]] = right
        if rng.random() < 0.15:
            row["answers"] = [
                str(rng.choice([other for other in kinds[row["question_type"]] if other != right]))
            ]
    assert clean.images is not None
    predict(rows, clean.images)
    return Brought("easy_vqa_noisy", rows, clean.images, verdicts, only=NOISE)


def _asked_for(answer: str) -> str:
    if answer in ("yes", "no"):
        return "yes or no"
    return "shape" if answer in ("circle", "rectangle", "triangle") else "colour"


def shape_box(path: Path) -> list[float]:
    """Pixels [x0, y0, x1, y1] around what differs clearly from the corner's colour."""
    shown = np.asarray(Image.open(path).convert("RGB"), dtype=int)
    apart = np.abs(shown - shown[0, 0]).max(-1) > 24
    if not apart.any():
        return [0.0, 0.0, float(shown.shape[1]), float(shown.shape[0])]
    down, across = np.flatnonzero(apart.any(1)), np.flatnonzero(apart.any(0))
    return [float(across[0]), float(down[0]), float(across[-1] + 1), float(down[-1] + 1)]


def nlvr(folder: Path, scratch: Path) -> Brought:
    """Statements on three boxes of shapes; boxes around the shapes whose colour or form is named.

    All shapes where a statement names none of them.
    """
    base = folder / "nlvr"
    drawn = {line["identifier"]: line["structured_rep"] for line in lines(base / "dev.json")}
    found = lines(base / "items.jsonl")
    # A statement belongs to several pictures: it is trained on, or tested on, not both.
    splits = by_lot([line["sentence"] for line in found])
    rows = [
        {
            "sample_id": line["identifier"],
            "image": line["image"],
            "question": line["sentence"],
            "answers": [line["label"]],
            "boxes": named_boxes(drawn[line["identifier"]], line["sentence"]),
            "split": split,
        }
        for line, split in zip(found, splits, strict=True)
    ]
    predict(rows, base)
    return Brought("nlvr", rows, base)


def named_boxes(drawn: Sequence[Sequence[Mapping[str, Any]]], sentence: str) -> list[list[float]]:
    """Pixels of the shapes that a statement names; the three boxes lie 150 pixels apart."""
    words = set(re.findall(r"[a-z]+", sentence.lower()))
    words |= {word.removesuffix("s") for word in words}
    every, named = [], []
    for place, shapes in enumerate(drawn):
        for shape in shapes:
            left, top, size = 150 * place + shape["x_loc"], shape["y_loc"], shape["size"]
            box = [float(left), float(top), float(left + size), float(top + size)]
            colour = {"#0099ff": "blue"}.get(shape["color"].lower(), shape["color"].lower())
            every.append(box)
            if {colour, shape["type"]} & words:
                named.append(box)
    return named or every


def puzzlevqa(folder: Path, scratch: Path) -> Brought:
    """Puzzles with GPT-4o's answers; the overlapping squares are out of domain.

    Another run of the same puzzles, prompted otherwise, is the target.
    """
    base = folder / "puzzlevqa_gpt4o"
    runs = {
        run: _puzzles(base / "predictions" / run) for run in ("outputs_single", "outputs_dynamic")
    }
    first, other = runs.values()
    return Brought("puzzlevqa", first, base, others={"outputs_dynamic": other})


def _puzzles(folder: Path) -> list[Row]:
    found = [(path.stem, line) for path in sorted(folder.glob("*.jsonl")) for line in lines(path)]
    splits = by_lot([line["image"] for _puzzle, line in found])
    return [
        {
            "sample_id": line["image"],
            # The pictures were stored as WebP after the file was written.
            "image": line["image"].replace(".png", ".webp"),
            "question": line["question"],
            "answers": [line["answer"]],
            "prediction": str(line["pred"] or "none"),
            "domain": puzzle,
            "split": "ood" if puzzle == "color_overlap_squares" else split,
        }
        for (puzzle, line), split in zip(found, splits, strict=True)
    ]


def cifar10_audit(folder: Path, scratch: Path) -> Brought:
    """Test pictures with a model's probabilities; what most of some 51 people say is right."""
    table = pq.read_table(folder / "cifar10_audit" / "images.parquet").to_pylist()
    with gzip.open(folder / "cifar10_audit" / "labels_probs_human.csv.gz", "rt") as file:
        said = {line["id"]: line for line in csv.DictReader(file)}
    names = [key.removeprefix("p_") for key in next(iter(said.values())) if key.startswith("p_")]
    images = scratch / "cifar10_audit"
    images.mkdir(parents=True, exist_ok=True)
    splits = by_lot([str(row["id"]) for row in table])
    rows, verdicts = [], {}
    for row, split in zip(table, splits, strict=True):
        name = f"cifar-{row['id']}"
        Image.open(io.BytesIO(row["image"]["bytes"])).save(images / f"{name}.png")
        line = said[str(row["id"])]
        brought = {
            "sample_id": name,
            "image": f"{name}.png",
            "question": "What is in the picture?",
            "answers": [line["given_name"]],
            "split": split,
        }
        say(brought, {each: float(line[f"p_{each}"]) for each in names})
        rows.append(brought)
        verdicts[name] = max(names, key=lambda each, line=line: int(line[f"human_{each}"]))
    return Brought("cifar10_audit", rows, images, verdicts)


def pope(folder: Path, scratch: Path) -> Brought:
    """LLaVA-1.5-13B on POPE, with RePOPE's word on every question; the 7B model's run beside it."""
    found = lines(folder / "pope_repope" / "items.jsonl")
    found = [line for line in found if line["pred_llava-v1.5-13b"] is not None]
    splits = by_lot([line["image"] for line in found])
    verdicts: dict[str, str | None] = {}
    runs: dict[str, list[Row]] = {"13b": [], "7b": []}
    for line, split in zip(found, splits, strict=True):
        name = f"{line['category']}-{line['pope_question_id']}"
        for model, rows in runs.items():
            if (said := line.get(f"pred_llava-v1.5-{model}")) is None:
                continue
            rows.append(
                {
                    "sample_id": name,
                    "image": line["image"],
                    "question": line["question"],
                    "answers": [line["label_pope"]],
                    "prediction": said,
                    "category": line["category"],
                    "split": split,
                }
            )
        # What RePOPE calls ambiguous has no right answer.
        verdicts[name] = line["label_repope"] if line["audit"] != "removed_ambiguous" else None
    return Brought("pope", runs["13b"], None, verdicts, {"llava-v1.5-7b": runs["7b"]})


Reader = Callable[[Path, Path], Brought]
PICTURED: Mapping[str, Reader] = {
    "easy_vqa": easy_vqa,
    "easy_vqa_noisy": easy_vqa_noisy,
    "nlvr": nlvr,
    "puzzlevqa": puzzlevqa,
    "cifar10_audit": cifar10_audit,
}
