"""Every real evaluation file, imported as it lies there: no mapping, no step outside the product.

    python benchmarks/real_files.py [--data ../shared/data] [--markdown]

One JSON line a kind of file: profile, rule, accuracy, the figure that its own judge, score file or
paper gives, and the seconds it took. `published` is null where nobody published one.
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import product


@dataclass(frozen=True)
class Kind:
    """One kind of file: what is given to the import, and the figure that was published for it."""

    name: str
    files: tuple[str, ...]
    images: str = ""
    published: float | None = None
    where: str = ""


_V = "vlmevalkit_outputs"
_7B = f"{_V}/Qwen2.5-VL-7B-Instruct"
KINDS = (
    Kind(
        "VLMEvalKit, judged (ScienceQA)",
        (f"{_7B}/T20250420_Gfcbe1e42/Qwen2.5-VL-7B-Instruct_ScienceQA_TEST_openai_result.xlsx",),
        published=0.889439,
        where="its column hit",
    ),
    Kind(
        "VLMEvalKit, not judged (ScienceQA)",
        (f"{_7B}/T20250420_Gfcbe1e42/Qwen2.5-VL-7B-Instruct_ScienceQA_TEST.xlsx",),
        published=0.889439,
        where="the judged file beside it",
    ),
    Kind(
        "VLMEvalKit, judged, another model (ScienceQA)",
        (f"{_V}/VLM-R1/T20250425_G92bfa89f/VLM-R1_ScienceQA_TEST_openai_result.xlsx",),
        where="its column hit",
    ),
    Kind(
        "VLMEvalKit, judged (LogicVista)",
        (f"{_7B}/T20250423_G835f066e/Qwen2.5-VL-7B-Instruct_LogicVista_gpt4o-mini.xlsx",),
        published=0.467562,
        where="_score.csv",
    ),
    Kind(
        "VLMEvalKit, judged (MathVista)",
        (f"{_7B}/T20250419_Gfcbe1e42/Qwen2.5-VL-7B-Instruct_MathVista_MINI_gpt-4o-mini.xlsx",),
        published=0.679,
        where="_score.csv",
    ),
    Kind(
        "VLMEvalKit, votes (TextVQA)",
        (f"{_7B}/T20250423_G92bfa89f/Qwen2.5-VL-7B-Instruct_TextVQA_VAL.xlsx",),
        published=0.85392,
        where="_acc.csv of the whole set",
    ),
    Kind(
        "VLMEvalKit, a run's folder",
        (f"{_7B}/T20250420_Gfcbe1e42",),
        published=0.889439,
        where="its column hit",
    ),
    Kind(
        "lmms-eval, one answer a row",
        ("lmms_eval_logs/Qwen2.5-VL-3B-Instruct_hf-bf16_limit8/*_samples_mme.jsonl",),
        where="its metric",
    ),
    Kind(
        "lmms-eval, answers in lists",
        ("lmms_eval_logs/liuhaotian__llava-v1.5-7b/*_samples_scienceqa_img.jsonl",),
        where="its metric",
    ),
    Kind(
        "LLaVA answers + POPE questions",
        (
            "pope_repope/answers/llava-v1.5-13b.jsonl",
            "pope_repope/llava_pope_test.jsonl",
            "pope_repope/questions/coco_pope_*.json",
        ),
    ),
    Kind("POPE with answers of two models", ("pope_repope/items.jsonl",)),
    Kind(
        "MathVista output",
        ("mathvista_vlm_outputs/output_llava_llama_2_13b.json",),
        where="its column true_false",
    ),
    Kind(
        "BLINK, answers keyed by id + key",
        ("blink_predictions/GPT4o.json", "blink_predictions/val_answers.json"),
    ),
    Kind("BLINK, a folder of 19 models + key", ("blink_predictions/*.json",)),
    Kind("BLINK, whole texts", ("blink_predictions/full/GPT4o",)),
    Kind(
        "PuzzleVQA, raw output",
        ("puzzlevqa_gpt4o/predictions/outputs_sequential",),
        images="puzzlevqa_gpt4o",
    ),
    Kind("COCO error cases, five models in one object", ("coco_error_cases_qwen2vl/*.json",)),
    Kind(
        "Parquet with pictures (CIFAR-10N)",
        ("cifar10n/cifar10n.parquet",),
    ),
    Kind("CSV, gzipped, with probabilities", ("cifar10_audit/labels_probs_human.csv.gz",)),
)


def main() -> None:
    """Import each kind and print one line of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--markdown", action="store_true", help="a table instead of JSON lines")
    options = parser.parse_args()
    data = options.data.resolve()
    with tempfile.TemporaryDirectory() as folder:
        product.prepare(Path(folder))
        rows = [row for kind in KINDS for row in _of_kind(kind, data)]
    if options.markdown:
        print("| files | read as | samples | rule | accuracy | published | s |")
        print("|---|---|---:|---|---:|---:|---:|")
        for row in rows:
            print(_line(row))
    else:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))


def _of_kind(kind: Kind, data: Path) -> list[dict[str, Any]]:
    from triage.imports.importing import ImportRefused, import_plan, look
    from triage.imports.outcome import document_of
    from triage.models import Project

    given = [match for pattern in kind.files for match in sorted(data.glob(pattern))]
    if not given:
        return []
    images = data / kind.images if kind.images else None
    started = time.perf_counter()
    base = {"kind": kind.name, "published": kind.published, "where": kind.where}
    project = Project.objects.create(name=kind.name, slug=f"p{Project.objects.count()}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            plans = look([(path, path.name) for path in given], Path(folder))
            documents = [
                document_of(
                    import_plan(project, plan, name="", source_name=kind.name, images=images)
                )
                for plan in plans
            ]
    except ImportRefused as problem:
        return [{**base, "opened": False, "why": str(problem)[:300]}]
    seconds = round(time.perf_counter() - started, 1)
    keys = ("profile", "model", "samples", "errors", "rule", "accuracy", "rules", "judge_agreement",
            "read", "refused", "images", "notes", "mapping")  # fmt: skip
    return [
        {**base, "opened": True, "runs": len(documents), "seconds": seconds}
        | {key: document[key] for key in keys}
        for document in documents[:1]
    ]


def _line(row: dict[str, Any]) -> str:
    if not row["opened"]:
        return f"| {row['kind']} | — {row['why'][:60]} | | | | | |"
    published = "" if row["published"] is None else f"{100 * row['published']:.2f}"
    runs = f" ({row['runs']} runs)" if row["runs"] > 1 else ""
    return (
        f"| {row['kind']}{runs} | {row['profile'] or 'columns'} | {row['samples']:,} "
        f"| {row['rule']} | {100 * row['accuracy']:.2f} | {published} | {row['seconds']} |"
    )


if __name__ == "__main__":
    main()
