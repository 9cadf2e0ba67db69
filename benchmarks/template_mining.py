"""Mined templates against the templates that questions were made from: one JSON line per set.

    python -m benchmarks.template_mining [--drain3] [--data ../shared/data]

The adjusted Rand index over samples: 1 where the mined templates are the true ones whatever they
are called, 0 by chance. Sets: the testbed's worlds, among them one in which words are replaced and
one in which questions are cut short too; from REAL_DATA_DIR, where it is there, easy-VQA (template:
the question but for its colour and shape), VSR (the relation of the caption) and POPE (one
template; its index is 1 or 0); and all of them in one file. Beside it: the plain rule that keeps
words of a tenth of the questions, and with --drain3 the log miner (pip install drain3) at four
thresholds of similarity. Then the seconds for a million different questions as people write them:
of the words that the sets hold, with made-up ones in place of two words and of the rarer half.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.metrics import adjusted_rand_score

from benchmarks.real_sets import arguments, lines
from diagnostics.science.columns.template_mining import framed, mined_templates, words_of
from diagnostics.science.testbed.planting import WORLDS, plant
from diagnostics.science.testbed.world import WorldConfig, make_world

SIMILARITIES = (0.4, 0.5, 0.6, 0.7)
FREQUENT = 0.1
COLOUR = re.compile(r"\b(black|blue|brown|gray|green|red|teal|yellow)\b")
SHAPE = re.compile(r"\b(circle|rectangle|triangle)\b")
Labelled = tuple[list[str], list[str]]


def main() -> None:
    """Print the figures."""
    told = arguments(__doc__)
    told.add_argument("--drain3", action="store_true")
    told.add_argument("--questions", type=int, default=1_000_000)
    wishes = told.parse_args()
    known = list(sets(wishes.data))
    together = [text for _, (texts, _) in known for text in texts]
    known.append(("all", (together, [name for _, (_, truth) in known for name in truth])))
    for name, (texts, truth) in known:
        report(name, texts, truth, wishes.drain3)
    many = written(known[-1][1][0], wishes.questions)
    begun = time.perf_counter()
    found = mined_templates(pa.chunked_array([many]))
    line = {
        "questions": len(many),
        "templates": len(found.labels) if found else 1,
        "seconds": round(time.perf_counter() - begun, 1),
    }
    print(json.dumps({"benchmark": "template_mining", "set": "made", **line}), flush=True)


def sets(folder: Path) -> Iterator[tuple[str, Labelled]]:
    """Questions with their templates."""
    world = make_world(WorldConfig())
    questions = [sample.question for sample in world.samples]
    yield "testbed", ([each.text for each in questions], [each.template for each in questions])
    for name in ("clean", "semantic", "mixed"):
        planted = plant(WORLDS[name]).samples
        yield name, ([s.text for s in planted], [s.question.template for s in planted])
    if (folder / "easy_vqa").exists():
        asked = [each[0] for each in json.loads((folder / "easy_vqa/questions.json").read_text())]
        yield "easy_vqa", (asked, [COLOUR.sub("c", SHAPE.sub("s", text)) for text in asked])
    if (folder / "vsr_votes").exists():
        rows = lines(folder / "vsr_votes/all_vsr_raw_data.jsonl")
        yield "vsr", ([row["caption"] for row in rows], [row["relation"] for row in rows])
    if (folder / "pope_repope").exists():
        rows = lines(folder / "pope_repope/items.jsonl")
        yield "pope", ([row["question"] for row in rows], ["pope"] * len(rows))


def report(name: str, texts: Sequence[str], truth: Sequence[str], drain3: bool) -> None:
    """The line of one set."""
    begun = time.perf_counter()
    found = mined_templates(pa.chunked_array([list(texts)]))
    own = found.codes if found else np.zeros(len(texts))
    line: dict[str, object] = {
        "set": name,
        "questions": len(texts),
        "different": len(set(texts)),
        "true_templates": len(set(truth)),
        "mined_templates": len(found.labels) if found else 1,
        "ari": rand(truth, own),
        "seconds": round(time.perf_counter() - begun, 2),
        "ari_frequent_words": rand(truth, by_frequent_words(texts)),
    }
    for similarity in SIMILARITIES if drain3 else ():
        line[f"ari_drain3_{similarity}"] = rand(truth, by_drain3(texts, similarity))
    print(json.dumps({"benchmark": "template_mining", **line}), flush=True)


def rand(truth: Sequence[str], found: Sequence[object] | np.ndarray) -> float:
    """Adjusted Rand index."""
    return round(float(adjusted_rand_score(truth, found)), 3)


def by_frequent_words(texts: Sequence[str]) -> list[str]:
    """The words that a tenth of the questions hold, with a slot for the others."""
    often = Counter(word for text in texts for word in set(words_of(text)))
    fixed = {word for word, count in often.items() if count >= FREQUENT * len(texts)}
    return [" ".join(framed(words_of(text), fixed)) for text in texts]


def by_drain3(texts: Sequence[str], similarity: float) -> list[int]:
    """Clusters of drain3, which reads each different question once, in order."""
    from drain3 import TemplateMiner
    from drain3.template_miner_config import TemplateMinerConfig

    config = TemplateMinerConfig()
    config.drain_sim_th = similarity
    config.drain_extra_delimiters = ["?", ",", "."]
    miner = TemplateMiner(config=config)
    known: dict[str, int] = {}
    for text in dict.fromkeys(texts):
        known[text] = int(miner.add_log_message(text.lower())["cluster_id"])
    return [known[text] for text in texts]


def written(texts: Sequence[str], count: int) -> list[str]:
    """So many different questions: frequent words stay, each other one is a made-up word."""
    rng = np.random.default_rng(0)
    often = Counter(word for text in set(texts) for word in set(words_of(text)))
    common = {word for word, _ in often.most_common(len(often) // 2)}
    usual = sorted(set(texts))
    rank = 1 / np.arange(1, 20_001)
    made: dict[str, None] = {}
    while len(made) < count:
        values = iter(rng.choice(len(rank), size=4 * count, p=rank / rank.sum()).tolist())
        for row in rng.integers(len(usual), size=count // 2).tolist():
            words = words_of(usual[row])
            # At least two values, or a short question would soon be there already.
            spared = set(rng.permutation(len(words))[:2].tolist())
            said = (
                w if w in common and at not in spared else _syllables(next(values))
                for at, w in enumerate(words)
            )
            made[" ".join(said) + "?"] = None
    return list(made)[:count]


def _syllables(number: int) -> str:
    """A number as a word."""
    parts = []
    while number or not parts:
        number, rest = divmod(number, 75)
        parts.append("bdfgklmnprstvwz"[rest // 5] + "aeiou"[rest % 5])
    return "".join(parts)


if __name__ == "__main__":
    main()
