"""Clusters: what the machine says and what people say are kept apart, and held to each other."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from tests.annotations.audit_factories import cluster_errors
from tests.factories import make_project, make_run, sample_rows, write_lines
from triage.clusters.confirming import NotConfirmed, agreement, rename, restore, say, withdraw
from triage.models import ConfirmedCluster, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path: Path):
    project = make_project(lena=Role.LEAD)
    return make_run(project, write_lines(tmp_path / "x.jsonl", sample_rows(20, 12)))


@pytest.fixture
def clustering(run):
    made = cluster_errors(run, {**dict.fromkeys(range(6), 0), **dict.fromkeys(range(6, 10), 1)})
    made.cards = [
        {
            **card,
            "size": 6 - 2 * card["cluster"],
            "share_of_errors": 0.4,
            "exemplars": [0, 6],
            "confusions": [],
            "shares": [],
            "terms": [],
        }
        for card in made.cards
    ]
    made.save()
    return made


def test_one_cluster_is_confirmed_or_renamed_several_are_merged(clustering) -> None:
    origin = ConfirmedCluster.Origin
    assert say(clustering, name="group 0", clusters=[0]).origin == origin.CONFIRMED
    assert say(clustering, name="blue things", clusters=[1]).origin == origin.RENAMED
    merged = say(clustering, name="all of it", clusters=[0, 1])
    assert (merged.origin, merged.positions) == (origin.MERGED, list(range(10)))


def test_a_lassoed_group_is_split_off_and_holds_error_samples_only(clustering) -> None:
    made = say(clustering, name="corner", positions=[0, 7, 11, 15, 999])
    assert made.origin == ConfirmedCluster.Origin.SPLIT_OFF
    assert made.positions == [0, 7, 11]


@pytest.mark.parametrize(
    "wish",
    [
        {"name": " ", "clusters": [0]},
        {"name": "x", "clusters": [9]},
        {"name": "x", "positions": []},
        {"name": "x", "positions": [19]},
    ],
)
def test_what_is_no_group_is_not_kept(clustering, wish) -> None:
    with pytest.raises(NotConfirmed):
        say(clustering, **wish)
    assert not ConfirmedCluster.objects.exists()


def test_a_name_is_used_once_until_it_is_taken_back(clustering) -> None:
    first = say(clustering, name="x", clusters=[0])
    with pytest.raises(NotConfirmed, match="already"):
        say(clustering, name="x", clusters=[1])
    withdraw(first)
    second = say(clustering, name="x", clusters=[1])
    with pytest.raises(NotConfirmed):
        restore(first)
    rename(second, "y")
    restore(first)
    assert set(
        ConfirmedCluster.objects.filter(withdrawn_at=None).values_list("name", flat=True)
    ) == {"x", "y"}


def test_what_people_said_survives_another_clustering_and_is_held_against_it(
    client, run, clustering
) -> None:
    say(clustering, name="mine", clusters=[0], user=get_user_model().objects.get(username="lena"))
    other = cluster_errors(run, {**dict.fromkeys(range(3), 5), **dict.fromkeys(range(3, 12), 6)})
    other.cards = [
        {
            **card,
            "size": 1,
            "share_of_errors": 0.1,
            "exemplars": [],
            "confusions": [],
            "shares": [],
            "terms": [],
        }
        for card in other.cards
    ]
    other.save()
    client.force_login(get_user_model().objects.get(username="lena"))

    page = client.get(reverse("triage:clusters", args=[run.pk]))

    shown = " ".join(page.content.decode().split())
    assert "mine" in shown
    said = page.context["said"][0]
    assert said.row.positions == list(range(6))
    # 3 of 6 in cluster 5 (of 3): 3/6; 3 of 6 in cluster 6 (of 9): 3/12.
    assert (said.agreement.cluster, said.agreement.inside, said.agreement.overlap) == (5, 3, 0.5)


def test_agreement_is_the_jaccard_overlap_with_the_best_cluster() -> None:
    labels = {0: 0, 1: 0, 2: 1, 3: -1}
    found = agreement([0, 1, 3], labels, {0: "a", 1: "b"})
    assert found is not None
    assert (found.name, found.inside, found.unclustered, found.overlap) == ("a", 2, 1, 2 / 3)
    assert agreement([3], labels, {}) is None
    assert agreement([], labels, {}) is None


def test_the_page_keeps_renames_and_takes_back(client, run, clustering) -> None:
    client.force_login(get_user_model().objects.get(username="lena"))
    confirm = reverse("triage:clusters-confirm", args=[run.pk])
    client.post(confirm, {"name": "two in one", "cluster": ["0", "1"]})
    client.post(confirm, {"name": "corner", "positions": "[0, 7]"})
    for bad in ("[1, 'x']", "{}", "[-1]", "[1.5]", "nonsense"):
        client.post(confirm, {"name": "bad", "positions": bad})
    assert list(ConfirmedCluster.objects.values_list("name", flat=True)) == ["two in one", "corner"]

    said = ConfirmedCluster.objects.get(name="corner")
    change = reverse("triage:clusters-said", args=[run.pk, said.pk])
    client.post(change, {"do": "rename", "name": "the corner"})
    listed = client.get(reverse("triage:run-errors", args=[run.pk]) + f"?said={said.pk}")
    assert listed.context["count"] == 2
    client.post(change, {"do": "withdraw"})
    assert "the corner" not in [
        each.row.name
        for each in client.get(reverse("triage:clusters", args=[run.pk])).context["said"]
    ]


def test_the_map_holds_every_error_sample(client, run, clustering) -> None:
    client.force_login(get_user_model().objects.get(username="lena"))
    points = client.get(reverse("triage:clusters-map", args=[run.pk])).json()
    assert points["position"] == list(range(12))
    assert points["cluster"].count(-1) == 2
    assert points["question"][3] == "How many shapes are in scene 3?"
    assert points["answer"][3] == "three ≠ two"


def test_a_cluster_filter_counts_what_its_card_says(client, run, clustering) -> None:
    client.force_login(get_user_model().objects.get(username="lena"))
    for card in clustering.cards:
        listed = client.get(
            reverse("triage:run-errors", args=[run.pk]),
            {"clustering": clustering.uuid.hex, "cluster": card["cluster"]},
        )
        assert listed.context["count"] == card["size"]
