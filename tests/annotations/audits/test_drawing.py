"""Draws: repeatable, whole, and with what was shown kept as evidence."""

from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError
from PIL import Image

from annotations.audits.drawing import AuditRefused, close, draw_audit, reopen
from annotations.models import Audit, Item, Seat
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from triage.models import StoredFilter
from triage.science.store.store import DataRoot, evidence_path

pytestmark = pytest.mark.django_db


def drawn_ids(audit: Audit) -> list[str]:
    return list(audit.items.order_by("place").values_list("sample_id", flat=True))


def test_the_same_seed_draws_the_same_items_in_the_same_order() -> None:
    run = ingest_run(make_project_of(), error_rows(300, 50))

    first = draw_audit(run, protocol="quality-200", seed=11)
    second = draw_audit(run, protocol="quality-200", seed=11)
    other = draw_audit(run, protocol="quality-200", seed=12)

    assert drawn_ids(first) == drawn_ids(second)
    assert drawn_ids(first) != drawn_ids(other)
    assert first.frame_sha256 == other.frame_sha256
    assert len(drawn_ids(first)) == 200
    assert first.population == 300


def test_without_a_seed_a_random_one_is_made_and_stored() -> None:
    run = ingest_run(make_project_of(), error_rows(30))

    audits = [draw_audit(run, protocol="custom", size=5) for _ in range(2)]

    assert audits[0].seed != audits[1].seed
    assert drawn_ids(audits[0]) == drawn_ids(
        draw_audit(run, protocol="custom", size=5, seed=audits[0].seed)
    )


def test_only_error_samples_are_drawn() -> None:
    audit = make_audit(errors=6, right=40, size=6)

    assert set(drawn_ids(audit)) == {f"s{n:04d}" for n in range(6)}


def test_fewer_errors_than_the_protocol_draws_makes_a_census() -> None:
    run = ingest_run(make_project_of(), error_rows(7, 2))

    audit = draw_audit(run, protocol="quality-200")

    assert audit.population == audit.items.count() == 7
    assert audit.size == 200


def test_one_error_can_be_audited() -> None:
    assert make_audit(errors=1).items.count() == 1


def test_checklist_100_speaks_of_500_collected_errors() -> None:
    run = ingest_run(make_project_of(), error_rows(620))

    audit = draw_audit(run, protocol="checklist-100", seed=1)

    assert audit.population == 500
    assert audit.items.count() == 100
    assert audit.drawn_by.strict


def test_no_errors_are_refused_in_words() -> None:
    run = ingest_run(make_project_of(), error_rows(0, 5))

    with pytest.raises(AuditRefused, match="has no error samples"):
        draw_audit(run, protocol="quality-200")
    assert not Audit.objects.exists()


def test_a_filter_that_matches_nothing_is_refused_in_words() -> None:
    run = ingest_run(make_project_of(), error_rows(5))

    with pytest.raises(AuditRefused, match="matches the filter"):
        draw_audit(run, protocol="quality-200", criteria={"category": ["none such"]})


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"protocol": "quality-300"}, "unknown protocol 'quality-300'"),
        ({"protocol": "quality-200", "size": 3}, "quality-200 fixes size"),
        ({"protocol": "custom"}, "needs a size"),
        ({"protocol": "custom", "size": 0}, "at least 1"),
        ({"protocol": "custom", "size": 5, "threshold": "0"}, "between 0 and 1"),
        ({"protocol": "custom", "size": 5, "threshold": "often"}, "not a share"),
        ({"protocol": "custom", "size": 5, "seed": -1}, "seed"),
        ({"protocol": "custom", "size": 5, "seed": 2**70}, "seed"),
        ({"protocol": "custom", "size": 5, "overlap": 0}, "1 to 9 people"),
        ({"protocol": "custom", "size": 5, "criteria": {"colour": ["red"]}}, "unknown criteria"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_nothing(wishes: dict, words: str) -> None:
    run = ingest_run(make_project_of(), error_rows(5))

    with pytest.raises(AuditRefused, match=words):
        draw_audit(run, **wishes)
    assert not Audit.objects.exists()


def test_a_stored_filter_becomes_the_population() -> None:
    run = ingest_run(make_project_of(), error_rows(20, 10))
    stored = StoredFilter.objects.create(
        run=run, name="counting only", criteria={"question_type": ["counting"]}
    )

    audit = draw_audit(run, protocol="quality-200", criteria=stored)

    assert audit.population == 10
    assert audit.criteria == stored.criteria
    assert {item.snapshot["question_type"] for item in audit.items.all()} == {"counting"}
    assert "counting only" in audit.name


def test_a_filter_over_all_samples_still_draws_errors_only() -> None:
    run = ingest_run(make_project_of(), error_rows(4, 10))

    audit = draw_audit(run, protocol="quality-200", criteria={"errors_only": False})

    assert audit.population == 4


def test_each_item_has_its_cluster_and_the_audit_each_clusters_population() -> None:
    run = ingest_run(make_project_of(), error_rows(10, 2))
    cluster_errors(run, {0: 0, 1: 0, 2: 0, 3: 1})

    audit = draw_audit(run, protocol="custom", size=10)

    assert audit.population_by_cluster == {"-1": 6, "0": 3, "1": 1}
    assert audit.cluster_names["1"] == "group 1"
    clusters = dict(audit.items.values_list("position", "cluster"))
    assert clusters[0] == 0
    assert clusters[3] == 1
    assert clusters[9] == -1


def test_without_a_clustering_items_have_no_cluster() -> None:
    audit = make_audit(errors=3)

    assert audit.population_by_cluster == {}
    assert set(audit.items.values_list("cluster", flat=True)) == {None}


def test_every_item_gets_as_many_seats_as_people_judge_it() -> None:
    audit = make_audit(errors=4, overlap=3)

    assert Seat.objects.filter(item__audit=audit, annotator=None).count() == 12


def test_images_are_copied_and_the_missing_and_the_broken_are_noted(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("not a picture")
    rows = error_rows(4)
    for row, image in zip(rows, ("a.png", "b.png", "c.png", None), strict=True):
        row |= {"image": image}
    rows[0]["boxes"] = [[10, 15, 20, 30]]
    run = ingest_run(make_project_of(), rows, image_root=tmp_path)

    audit = draw_audit(run, protocol="custom", size=4)
    (tmp_path / "a.png").unlink()

    shown = {item.sample_id: item for item in audit.items.all()}
    statuses = {key: item.snapshot["image"]["status"] for key, item in shown.items()}
    assert statuses == {"s0000": "ok", "s0001": "refused", "s0002": "missing", "s0003": "none"}
    whole = shown["s0000"]
    assert DataRoot(settings.DATA_ROOT).has(evidence_path(whole.image_sha256))
    assert whole.snapshot["image"]["width"] == 40
    assert whole.snapshot["boxes"] == [[0.25, 0.5, 0.5, 1.0]]
    assert shown["s0001"].image_sha256 == ""


def test_a_draw_makes_few_queries_whatever_its_size(django_assert_max_num_queries) -> None:
    run = ingest_run(make_project_of(), error_rows(250))

    with django_assert_max_num_queries(12):
        draw_audit(run, protocol="quality-200")


def test_an_audit_keeps_its_threshold_as_an_exact_fraction() -> None:
    audit = make_audit(errors=5, threshold="1/3", strict=True)

    audit.refresh_from_db()
    assert audit.drawn_by.threshold == Fraction(1, 3)
    assert audit.drawn_by.comparison == ">"


def test_a_second_audit_of_the_same_kind_gets_another_name() -> None:
    run = ingest_run(make_project_of(), error_rows(5))

    names = [draw_audit(run, protocol="quality-200").name for _ in range(3)]

    assert names == ["quality-200", "quality-200 #2", "quality-200 #3"]


def test_closing_and_reopening() -> None:
    audit = make_audit(errors=2)

    close(audit)
    assert Audit.objects.get().state == "closed"
    reopen(audit)
    assert Audit.objects.get().state == "open"


def test_the_database_refuses_the_same_sample_twice() -> None:
    audit = make_audit(errors=2)
    item = audit.items.first()

    with pytest.raises(IntegrityError):
        Item.objects.create(
            audit=audit, place=99, sample_id=item.sample_id, position=0, snapshot={}
        )


def test_the_creator_is_kept() -> None:
    project = make_project_of()
    lead = make_member(project, "lena")

    assert make_audit(errors=2, project=project, user=lead).created_by == lead
