"""A training script for experiments: words of the question and colours of the picture.

    python train.py CONFIGURATION.json

Logistic regression over a bag of words beside a thumbnail of the picture, with the weights of the
manifest. Put your own training in `learn` and `answer`; what is around them stays.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MaxAbsScaler

SIDE = 4


def thumbnails(paths):
    """Colours of each picture on a grid of 4 × 4 cells, (n, 48); 0 where there is none."""
    found = np.zeros((len(paths), SIDE * SIDE * 3))
    for row, path in enumerate(paths):
        if isinstance(path, str):
            with Image.open(path) as opened:
                small = opened.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
            found[row] = np.asarray(small).reshape(-1) / 255
    return found


def learn(samples, seed):
    """Fit on training samples; the answer that a sample should get is the first of its answers."""
    words = CountVectorizer(token_pattern=r"(?u)\b\w+\b", binary=True)  # noqa: S106
    read = words.fit_transform(samples["question"])
    features = sparse.hstack([read, thumbnails(samples["image"])]).tocsr()
    scale = MaxAbsScaler().fit(features)
    model = LogisticRegression(max_iter=400, random_state=seed)
    answers = samples["answers"].map(lambda each: each[0])
    model.fit(scale.transform(features), answers, sample_weight=samples["weight"])
    return words, scale, model


def answer(learnt, samples):
    """The likeliest answer of each sample, and its probability."""
    words, scale, model = learnt
    read = words.transform(samples["question"])
    features = sparse.hstack([read, thumbnails(samples["image"])]).tocsr()
    probabilities = model.predict_proba(scale.transform(features))
    return model.classes_[probabilities.argmax(axis=1)], probabilities.max(axis=1)


def main():
    """Read the configuration, train, and write a prediction for every tested sample."""
    configuration = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    manifest = pd.read_parquet(configuration["manifest"])
    training = manifest[(manifest["split"] == "train") & ~manifest["drop"]]
    tested = manifest[manifest["split"] == "test"]
    learnt = learn(training, configuration["seed"])
    predictions, confidence = answer(learnt, tested)
    with Path(configuration["predictions"]).open("w", encoding="utf-8") as written:
        for name, text, sure in zip(tested["sample_id"], predictions, confidence, strict=True):
            row = {"sample_id": name, "prediction": text, "confidence": float(sure)}
            written.write(json.dumps(row) + "\n")
    sys.stdout.write(f"trained on {len(training)}, tested on {len(tested)}\n")


if __name__ == "__main__":
    main()
