"""Evaluation files that people published, without their pictures and without a training split."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.real_sets import Brought, Reader, Row, lines


def vsr(folder: Path, scratch: Path) -> Brought:
    """Captions of VSR; the validators' majority is taken for the prediction."""
    rows = [
        {
            "sample_id": f"vsr-{place}",
            "image": line["image"],
            "question": line["caption"],
            "answers": [str(bool(line["label"])).lower()],
            "prediction": str(
                len(line["vote_true_validator_id"]) > len(line["vote_false_validator_id"])
            ).lower(),
            "question_type": line["relation"],
        }
        for place, line in enumerate(lines(folder / "vsr_votes" / "all_vsr_raw_data.jsonl"))
    ]
    return Brought("vsr", rows)


def valse(folder: Path, scratch: Path) -> Brought:
    """Captions of VALSE against their foils; what most of three people chose is the prediction."""
    rows = []
    for path in sorted((folder / "valse_mturk").glob("*.json")):
        for name, line in json.loads(path.read_text()).items():
            votes = line["mturk"]
            rows.append(
                {
                    "sample_id": f"{path.stem}-{name}",
                    "image": line["image_file"],
                    "question": f"{line['caption']} / {line['foil']}",
                    "answers": ["caption"],
                    "prediction": max(votes, key=lambda each, votes=votes: votes[each]),
                    "category": path.stem,
                }
            )
    return Brought("valse", rows)


def textvqa_llava(folder: Path, scratch: Path) -> Brought:
    """LLaVA-1.5-13B's answers file on TextVQA as LLaVA writes it: it holds no right answers."""
    asked = {
        line["question_id"]: line
        for line in lines(folder / "llava_answers" / "textvqa_questions.jsonl")
    }
    rows = [
        {
            "sample_id": f"{line['question_id']}-{place}",
            "image": f"{line['question_id']}.jpg",
            "question": asked[line["question_id"]]["text"],
            "prediction": line["text"],
        }
        for place, line in enumerate(
            lines(folder / "llava_answers" / "textvqa_llava-v1.5-13b.jsonl")
        )
    ]
    return Brought("textvqa_llava", rows)


def lmms_eval(folder: Path, scratch: Path) -> Brought:
    """LLaVA-1.5-7B on ScienceQA, logged by lmms-eval."""
    path = next((folder / "lmms_eval_logs").rglob("*_samples_scienceqa_img.jsonl"))
    rows = [
        {
            "sample_id": str(line["doc_id"]),
            "question": line["input"],
            "answers": [line["target"]],
            "prediction": line["filtered_resps"][0],
        }
        for line in lines(path)
    ]
    return Brought("lmms_eval", rows)


def blink(folder: Path, scratch: Path) -> Brought:
    """GPT-4o's letters on BLINK's validation; LLaVA-1.5-13B's are another run."""
    base = folder / "blink_predictions"
    right = json.loads((base / "val_answers.json").read_text())

    def said(model: str) -> list[Row]:
        letters = json.loads((base / f"{model}.json").read_text())
        return [
            {
                "sample_id": name,
                # BLINK publishes the questions with the pictures, not with the answers.
                "question": name.removeprefix("val_").rsplit("_", 1)[0].replace("_", " "),
                "answers": [right[name]],
                "prediction": letters[name],
                "category": name.removeprefix("val_").rsplit("_", 1)[0],
            }
            for name in right
        ]

    return Brought("blink", said("GPT4o"), others={"llava_v1.5_13b": said("llava_v1.5_13b")})


def mathvista(folder: Path, scratch: Path) -> Brought:
    """LLaVA-LLaMA-2-13B on MathVista; InstructBLIP's judged answers are another run."""

    def judged(name: str) -> list[Row]:
        found = json.loads((folder / "mathvista_vlm_outputs" / name).read_text())
        return [
            {
                "sample_id": key,
                "image": line["image"],
                "question": line["question"],
                "answers": [str(line["answer"])],
                "prediction": str(line["extraction"] or "none"),
            }
            for key, line in found.items()
        ]

    other = {"instruct_blip": judged("output_instruct_blip2_vicuna_13b.json")}
    return Brought("mathvista", judged("output_llava_llama_2_13b.json"), others=other)


def tifa(folder: Path, scratch: Path) -> Brought:
    """Pairs of a text and a picture drawn for it; whether people find it faithful."""
    path = folder / "tifa_human" / "human_annotations_with_scores.json"
    rows = [
        {
            "sample_id": name,
            "image": line["image_path"],
            "question": line["text"],
            "answers": ["faithful" if line["human_avg"] >= 4 else "not faithful"],
            "prediction": "faithful" if line["tifa_mplug-large"] >= 0.9 else "not faithful",
        }
        for name, line in json.loads(path.read_text()).items()
    ]
    return Brought("tifa", rows)


def label_errors(folder: Path, scratch: Path) -> Brought:
    """QuickDraw's flagged labels, with the model's guess and what most of five people said."""
    path = folder / "label_errors_mturk" / "quickdraw_mturk.json"
    rows, verdicts = [], {}
    for line in json.loads(path.read_text()):
        name = f"quickdraw-{line['id']}"
        given, guessed = line["given_original_label_name"], line["our_guessed_label_name"]
        rows.append(
            {
                "sample_id": name,
                "question": "What is drawn?",
                "answers": [given],
                "prediction": guessed,
            }
        )
        votes = line["mturk"]
        most = max(votes, key=lambda each, votes=votes: votes[each])
        verdicts[name] = {"given": given, "both": given, "guessed": guessed}.get(most)
    return Brought("label_errors", rows, verdicts=verdicts)


def coco_errors(folder: Path, scratch: Path) -> Brought:
    """Twelve error cases of Qwen2-VL with their photographs."""
    base = folder / "coco_error_cases_qwen2vl"
    rows = [
        {
            "sample_id": line["id"],
            "image": Path(line["image"]).name,
            "question": line["question"],
            "answers": [line["truth"]],
            "prediction": line["answers"][line["focusModel"]],
        }
        for line in json.loads((base / "error_case_manifest.json").read_text())
    ]
    pictures = next((path.parent for path in base.rglob("*.jpg")), None)
    return Brought("coco_errors", rows, pictures)


LOGS: Mapping[str, Reader] = {
    "vsr": vsr,
    "valse": valse,
    "textvqa_llava": textvqa_llava,
    "lmms_eval": lmms_eval,
    "blink": blink,
    "mathvista": mathvista,
    "tifa": tifa,
    "label_errors": label_errors,
    "coco_errors": coco_errors,
}
