"""From a run's folder to features, clusters and cards."""

import json
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from triage.science.analysis import analysis, features
from triage.science.analysis.analysis import AnalysisResult, analyse
from triage.science.analysis.encoders import EncoderUnavailable
from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import ColumnMapping, propose
from triage.science.record.records import FIELDS
from triage.science.store.store import DataRoot, RunFolder

NAMES = [field.name for field in FIELDS]
TOPICS = {
    "counting": ("How many {} are in the picture?", ["dogs", "cats", "cups", "birds"]),
    "position": ("Is the {} left of the table?", ["lamp", "chair", "vase", "sofa"]),
    "colour": ("What colour does the {} have?", ["car", "truck", "bus", "bicycle"]),
}


def run_folder(tmp_path: Path, rows: list[dict[str, Any]]) -> RunFolder:
    source = tmp_path / f"{uuid.uuid4().hex}.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in rows))
    folder = DataRoot(str(tmp_path / "data")).run(uuid.uuid4())
    reader = open_reader(source)
    ingest(reader, source, folder, mapping=propose(reader.columns(), NAMES), rule="exact")
    return folder


def question_rows(count: int, wrong: bool = True, **more: Any) -> list[dict[str, Any]]:
    """`count` rows over three question types in turn."""
    rows = []
    for number in range(count):
        kind = list(TOPICS)[number % 3]
        template, things = TOPICS[kind]
        rows.append(
            {
                "sample_id": f"{'e' if wrong else 'r'}{number}-{more.get('split', '')}",
                "question": template.format(things[number // 3 % 4]),
                "prediction": "3" if wrong else "2",
                "answers": ["2"],
                "question_type": kind,
                "template": template,
                **more,
            }
        )
    return rows


def analysed(folder: RunFolder, **options: Any) -> AnalysisResult:
    settings = {"seed": 0, "load_image": lambda path: None, "image_size": lambda path: None}
    return analyse(folder, **{**settings, **options})


def test_a_run_without_errors_has_empty_tables_and_no_cards(tmp_path: Path) -> None:
    found = analysed(run_folder(tmp_path, question_rows(9, wrong=False)))

    assert (found.features.num_rows, found.clustering.num_rows) == (0, 0)
    assert (found.cards, found.clusters, found.unclustered) == ([], 0, 0)
    assert found.features.column_names == ["position", "sample_id", *features.NAMES]
    assert found.clustering.schema.field("cluster").type == pa.int32()


def test_one_error_is_one_unclustered_sample(tmp_path: Path) -> None:
    rows = [*question_rows(5, wrong=False), *question_rows(1)]

    found = analysed(run_folder(tmp_path, rows))

    assert found.clustering.select(["position", "sample_id", "cluster"]).to_pylist() == [
        {"position": 5, "sample_id": "e0-", "cluster": -1}
    ]
    assert [card.name for card in found.cards] == ["Unclustered"]
    assert found.unclustered == 1


def test_errors_of_three_question_types_fall_apart_into_them(tmp_path: Path) -> None:
    rows = [*question_rows(90), *question_rows(30, wrong=False)]

    found = analysed(run_folder(tmp_path, rows))

    kinds = np.array([row["question_type"] for row in rows[:90]])
    labels = np.asarray(found.clustering["cluster"])
    assert found.clusters >= 3
    assert found.clusters == len([card for card in found.cards if card.cluster >= 0])
    for number in range(found.clusters):
        assert len(set(kinds[labels == number])) == 1
    assert found.unclustered == (labels == -1).sum()
    assert found.encoder == "builtin"
    assert {"seed", "versions", "encoder_versions"} <= set(found.parameters)


def test_the_same_seed_gives_the_same_tables_and_cards(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, question_rows(60))

    first, again = analysed(folder, seed=7), analysed(folder, seed=7)

    assert first.clustering.equals(again.clustering)
    assert first.features.equals(again.features)
    assert first.cards == again.cards


def test_features_and_clusters_name_the_error_samples_in_order(tmp_path: Path) -> None:
    rows = [
        *question_rows(4, wrong=False),
        *question_rows(20),
        *question_rows(4, wrong=False, split="val"),
    ]

    found = analysed(run_folder(tmp_path, rows))

    for table in (found.features, found.clustering):
        assert table["position"].to_pylist() == list(range(4, 24))
        assert table["sample_id"].to_pylist() == [f"e{number}-" for number in range(20)]


def test_templates_and_distances_are_measured_against_training_rows(tmp_path: Path) -> None:
    trained = question_rows(30, wrong=False, split="train")
    rows = [*trained, *question_rows(15, split="test")]
    rows[-1]["template"] = "a template that training never had"

    found = analysed(run_folder(tmp_path, rows)).features

    assert found["train_freq_of_template"].to_pylist() == [10.0] * 14 + [0.0]
    assert found["domain_ood_score"].null_count == 0
    assert all(0 <= each <= 100 for each in found["domain_ood_score"].to_pylist())


def test_without_training_rows_there_is_no_distance_and_no_template_count(tmp_path: Path) -> None:
    found = analysed(run_folder(tmp_path, question_rows(15))).features

    assert found["domain_ood_score"].null_count == 15
    assert found["train_freq_of_template"].null_count == 15


def test_training_errors_are_not_their_own_neighbours(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = question_rows(24, split="train")
    for row in rows:
        row["image_embedding"], row["text_embedding"] = rng.normal(size=(2, 4)).tolist()

    found = analysed(run_folder(tmp_path, rows))

    # All training samples are errors: their percentiles among themselves are 1/n … n/n.
    scores = np.sort(np.asarray(found.features["domain_ood_score"]))
    assert found.encoder == "given"
    assert scores == pytest.approx(100 * np.arange(1, 25) / 24)


def test_training_rows_without_vectors_are_no_measure_of_distance(tmp_path: Path) -> None:
    near = {"image_embedding": [1.0, 0.0], "text_embedding": [1.0, 0.0]}
    rows = [
        *question_rows(12, wrong=False, split="train", **near),
        *(
            row | {"sample_id": f"bare{row['sample_id']}"}
            for row in question_rows(12, wrong=False, split="train")
        ),
        *question_rows(13, split="test", **near),
    ]

    found = analysed(run_folder(tmp_path, rows)).features

    assert found["image_text_similarity"].to_pylist() == pytest.approx([1.0] * 13)
    # At distance 0 from training samples that are at distance 0 from each other.
    assert found["domain_ood_score"].to_pylist() == [100.0] * 13


def test_only_so_many_training_rows_are_drawn_and_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "MOST_TRAIN", 10)
    folder = run_folder(
        tmp_path, [*question_rows(40, wrong=False, split="train"), *question_rows(2)]
    )

    (_, first, templates), (_, again, _), (_, other, _) = (
        analysis._read(folder, s) for s in (1, 1, 2)
    )

    assert first.num_rows == 10
    assert first.equals(again)
    assert not first.equals(other)
    assert templates.num_rows == 40


def test_images_and_their_sizes_are_asked_for(tmp_path: Path) -> None:
    rows = [row | {"image": "one.png", "boxes": [[10, 10, 20, 20]], "predicted_box": [10, 10, 20, 20]}
            for row in question_rows(3)]  # fmt: skip

    found = analysed(
        run_folder(tmp_path, rows),
        load_image=lambda path: Image.new("RGB", (40, 40), "red"),
        image_size=lambda path: (40, 40),
    )

    assert found.features["localization_iou"].to_pylist() == [1.0] * 3


def test_an_encoder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable):
        analysed(run_folder(tmp_path, question_rows(3)), encoder="clip:/nowhere")


def test_progress_grows_to_the_end(tmp_path: Path) -> None:
    seen: list[float] = []

    analysed(
        run_folder(tmp_path, question_rows(30)), progress=lambda share, step: seen.append(share)
    )

    assert seen == sorted(seen)
    assert seen[-1] > 0.9


@pytest.mark.realdata
def test_popes_errors_lie_in_clusters_with_names_of_their_own(
    tmp_path: Path, real_data: Path
) -> None:
    source = real_data / "pope_repope" / "items.jsonl"
    folder = DataRoot(str(tmp_path)).run(uuid.uuid4())
    mapping = ColumnMapping(
        {
            "sample_id": ("category", "pope_question_id"),
            "question": ("question",),
            "answers": ("label_pope",),
            "prediction": ("pred_llava-v1.5-13b",),
            "category": ("category",),
        }
    )
    imported = ingest(open_reader(source), source, folder, mapping=mapping, rule="yes_no")

    found = analysed(folder)

    # 622 wrong answers, and 189 items without one: only answers can tell why the model errs.
    assert imported.errors == 622 + 189
    assert found.clustering.num_rows == 622
    assert found.clusters >= 3
    named = [card for card in found.cards if card.cluster >= 0]
    assert len({card.name for card in named}) == len(named)
    assert sum(card.size for card in found.cards) == 622
    # Every question is "Is there a … in the image?": that word names nothing.
    words = Counter(term for card in named for term in card.terms)
    assert "image" not in words
    assert max(words.values()) <= 0.8 * len(named)
