"""Many items computed side by side: on this machine's cores, or on a Ray cluster.

Locally through joblib, on a cluster as Ray tasks. An item that raises, or whose worker is killed,
becomes a `Failed`; the others are not lost.
"""

import logging
import os
import socket
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeVar

from joblib import Parallel, delayed, parallel_config

Backend = Literal["local", "ray"]
Item = TypeVar("Item")
Result = TypeVar("Result")
WHY_LENGTH = 2000
ANSWER_SECONDS = 5.0


class BackendUnavailable(RuntimeError):
    """The backend asked for cannot be used here; the message says why."""


@dataclass(frozen=True)
class Failed:
    """An item without a result. `kind`: the exception's class; `why`: what it said."""

    kind: str
    why: str

    @classmethod
    def from_exception(cls, problem: BaseException) -> "Failed":
        """What is kept of an exception: it goes between processes, and some do not."""
        return cls(type(problem).__name__, (str(problem) or repr(problem))[-WHY_LENGTH:])


def run_all(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    backend: Backend = "local",
    jobs: int | None = None,
    address: str = "",
) -> Iterator[tuple[int, Result | Failed]]:
    """Call `function` on each item; yields (place in `items`, result) as they finish.

    `jobs`: how many at once, the machine's cores unless told; one alone runs in this process on
    the local backend, so that it can be interrupted from within. `address`: host:port of a Ray
    cluster; without one a cluster of this machine is started and stopped again. Items whose worker
    was killed are tried a second time, each alone, so that whichever killed it fails by itself.
    Closing the iterator ends the workers. Raises BackendUnavailable where Ray is not installed or
    not reached, ValueError for an unknown backend or fewer jobs than one.
    """
    jobs = jobs if jobs is not None else os.cpu_count() or 1
    if jobs < 1:
        raise ValueError(f"at least one job is needed, not {jobs}")
    if backend not in ("local", "ray"):
        raise ValueError(f"'{backend}' is no backend (known: local, ray)")
    if not items:
        return
    if backend == "ray":
        with _cluster(jobs, address):
            yield from _on_ray(function, items, jobs)
        return
    # BLAS and torch read the number of their threads when a worker starts.
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with parallel_config(backend="loky", inner_max_num_threads=threads):
        yield from _rounds(function, items, jobs)


def _rounds(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Iterator[tuple[int, Result | Failed]]:
    """All items together; where that breaks, those under way one by one, then the rest together."""
    waiting = list(range(len(items)))
    while waiting:
        begun: list[int] = []
        done: set[int] = set()
        try:
            with closing(_together(function, items, waiting, jobs, begun)) as together:
                for place, result in together:
                    done.add(place)
                    yield place, result
        except Exception as problem:
            suspects = [place for place in begun if place not in done] or waiting[:1]
            for place in suspects:
                done.add(place)
                yield place, _alone(function, items, place, problem)
        waiting = [place for place in waiting if place not in done]


def _together(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    places: Sequence[int],
    jobs: int,
    begun: list[int],
) -> Generator[tuple[int, Result | Failed], None, None]:
    """Results of `places` as they finish; `begun` gathers what has been handed out.

    No more is handed out than is worked on, so that a killed worker casts suspicion on few.
    """

    def handed_out() -> Iterator[object]:
        for place in places:
            begun.append(place)
            yield delayed(_guarded)(function, place, items[place])

    parallel = Parallel(
        n_jobs=jobs, pre_dispatch=jobs, batch_size=1, return_as="generator_unordered"
    )
    results = parallel(handed_out())
    try:
        # Not `yield from`: that would close `results` before the warning is seen to.
        for result in results:  # noqa: UP028
            yield result
    finally:
        with warnings.catch_warnings():
            # Who closes the iterator knows that items under way are given up.
            warnings.simplefilter("ignore", UserWarning)
            results.close()


def _alone(
    function: Callable[[Item], Result], items: Sequence[Item], place: int, before: Exception
) -> Result | Failed:
    """One item in a worker of its own, after `before` broke the work that it was part of."""
    try:
        [(_, result)] = _together(function, items, [place], 2, [])
    except Exception as problem:
        failed = Failed.from_exception(problem)
        return Failed(failed.kind, f"its worker ended without a word: {failed.why}"[-WHY_LENGTH:])
    return result


def _guarded(
    function: Callable[[Item], Result], place: int, item: Item
) -> tuple[int, Result | Failed]:
    try:
        return place, function(item)
    except Exception as problem:
        return place, Failed.from_exception(problem)


def _on_ray(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Iterator[tuple[int, Result | Failed]]:
    """Each item a Ray task, `jobs` at once; Ray itself tries one again whose worker was killed.

    Ray's joblib backend hands out nothing before all is done, and one killed worker takes the
    whole list with it; tasks do neither.
    """
    import ray

    gpus = float(ray.cluster_resources().get("GPU", 0))
    task: Any = ray.remote(num_cpus=1, num_gpus=min(1.0, gpus / jobs), max_retries=1)(_guarded)
    shared = ray.put(function)
    waiting = iter(range(len(items)))
    running = {task.remote(shared, p, items[p]): p for p in islice(waiting, jobs)}
    try:
        while running:
            [ended], _ = ray.wait(list(running), num_returns=1)
            place = running.pop(ended)
            result: Result | Failed
            try:
                _, result = ray.get(ended)
            except ray.exceptions.RayError as problem:
                result = Failed.from_exception(problem)
            running |= {task.remote(shared, p, items[p]): p for p in islice(waiting, 1)}
            yield place, result
    finally:
        for each in running:
            ray.cancel(each, force=True)


@contextmanager
def _cluster(jobs: int, address: str) -> Iterator[None]:
    """Ray, connected: to `address`, or to a cluster of this machine for as long as it is used."""
    try:
        import ray
    except ImportError as problem:
        raise BackendUnavailable(
            "Ray is not installed: pip install 'alignment-triage[ray]', or COMPUTE_BACKEND=local"
        ) from problem
    ours = not ray.is_initialized()
    if ours:
        _connect(jobs, address)
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


def _connect(jobs: int, address: str) -> None:
    import ray

    # Nothing is reported to Ray's makers, and no web page is opened beside ours.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        if address:
            _answered(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
        else:
            ray.init(
                num_cpus=jobs,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.WARNING,
            )
    except (OSError, RuntimeError, ValueError) as problem:
        raise BackendUnavailable(
            f"no Ray cluster is reached at '{address or 'this machine'}': {problem}"
        ) from problem


def _answered(address: str) -> None:
    """Ray itself waits for minutes. Raises OSError where nobody listens, ValueError for a port."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    with socket.socket() as knocking:
        knocking.settimeout(ANSWER_SECONDS)
        refused = knocking.connect_ex((host, int(port)))
    if refused:
        raise OSError(refused, os.strerror(refused))
