"""Items side by side on this machine or on Ray: none is lost, whatever becomes of the others."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from diagnostics.science.experiments.training.computing import BackendUnavailable, Failed, run_all


def squared(number: int) -> int:
    return number * number


def refuses_three(number: int) -> int:
    if number == 3:
        raise KeyError("three")
    return number


def kills_its_worker_at_two(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number


def killed_the_first_time(mark: str) -> str:
    if mark and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def ends_as_no_exception_does(number: int) -> Callable[[], int]:
    return lambda: number


def threads_here(_: int) -> int:
    import numpy
    from threadpoolctl import threadpool_info

    assert numpy.ones((9, 9)).sum() == 81
    return max(int(pool["num_threads"]) for pool in threadpool_info())


def slow_mark(folder_and_number: tuple[str, int]) -> int:
    folder, number = folder_and_number
    time.sleep(0.3)
    Path(folder, str(number)).touch()
    return number


def node_that_worked(_: int) -> str:
    import ray

    time.sleep(0.5)
    return str(ray.get_runtime_context().get_node_id())


def all_of(function: Callable[[Any], Any], items: list[Any], **options: Any) -> dict[int, Any]:
    return dict(run_all(function, items, **options))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_every_item_comes_back_once_with_its_place(count: int, jobs: int) -> None:
    found = list(run_all(squared, range(count), jobs=jobs))

    assert sorted(found) == [(place, place * place) for place in range(count)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_fails_its_own_item(jobs: int) -> None:
    found = all_of(refuses_three, [1, 3, 5], jobs=jobs)

    assert found == {0: 1, 1: Failed("KeyError", "'three'"), 2: 5}


def test_a_killed_worker_fails_its_own_item_and_loses_no_other() -> None:
    found = all_of(kills_its_worker_at_two, [0, 1, 2, 3, 4, 5], jobs=2)

    assert {place: found[place] for place in (0, 1, 3, 4, 5)} == {n: n for n in (0, 1, 3, 4, 5)}
    assert isinstance(found[2], Failed)
    assert found[2].why.startswith("its worker ended without a word")
    assert "SIGKILL" in found[2].why


def test_an_item_whose_worker_was_killed_from_outside_is_tried_again(tmp_path: Path) -> None:
    found = all_of(killed_the_first_time, ["", str(tmp_path / "killed"), ""], jobs=2)

    assert found == {0: "done", 1: "done", 2: "done"}


def test_a_result_that_cannot_travel_is_a_failure_in_words() -> None:
    def handle(number: int) -> Any:
        return threading.Lock() if number else number

    found = all_of(handle, [0, 1], jobs=2)

    assert found[0] == 0
    assert isinstance(found[1], Failed)
    assert "pickle" in found[1].why


def test_closing_the_iterator_leaves_what_has_not_begun_undone(tmp_path: Path) -> None:
    running = run_all(slow_mark, [(str(tmp_path), number) for number in range(20)], jobs=2)
    next(running)

    running.close()  # type: ignore[attr-defined]
    time.sleep(0.7)

    assert len(list(tmp_path.iterdir())) <= 4


def test_the_cores_are_not_promised_twice() -> None:
    found = all_of(threads_here, [0, 1, 2], jobs=2)

    share = max(1, (os.cpu_count() or 1) // 2)
    assert set(found.values()) == {share}


def test_one_job_runs_in_this_process() -> None:
    assert all_of(lambda _: os.getpid(), [0], jobs=1) == {0: os.getpid()}


@pytest.mark.parametrize("options", [{"jobs": 0}, {"backend": "spark"}])
def test_what_there_is_not_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"at least one job|no backend"):
        all_of(squared, [1], **options)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a Ray cluster of this machine: two workers of one core each."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    made.add_node(**node)
    yield made.address
    made.shutdown()


# Ray leaves its own log files and sockets to the garbage collector.
RAY_LEAVES = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@RAY_LEAVES
def test_a_cluster_of_two_workers_shares_the_items_and_survives_a_killed_one(cluster: str) -> None:
    import ray

    nodes = all_of(node_that_worked, list(range(4)), backend="ray", jobs=2, address=cluster)
    assert len(set(nodes.values())) == 2

    found = all_of(kills_its_worker_at_two, list(range(5)), backend="ray", jobs=2, address=cluster)
    assert {place: found[place] for place in (0, 1, 3, 4)} == {n: n for n in (0, 1, 3, 4)}
    assert isinstance(found[2], Failed)
    assert found[2].kind == "WorkerCrashedError"

    refused = all_of(refuses_three, [3, 4], backend="ray", jobs=2, address=cluster)
    assert refused == {0: Failed("KeyError", "'three'"), 1: 4}
    assert not ray.is_initialized()


@pytest.mark.slow
@RAY_LEAVES
def test_without_an_address_a_cluster_of_this_machine_is_started_and_stopped() -> None:
    ray = pytest.importorskip("ray")

    assert all_of(squared, [2, 3], backend="ray", jobs=2) == {0: 4, 1: 9}
    assert not ray.is_initialized()


@pytest.mark.slow
@RAY_LEAVES
def test_a_cluster_that_nobody_answers_for_is_said() -> None:
    pytest.importorskip("ray")

    with pytest.raises(BackendUnavailable, match=r"no Ray cluster is reached at '127\.0\.0\.1:1'"):
        all_of(squared, [2], backend="ray", jobs=2, address="127.0.0.1:1")
