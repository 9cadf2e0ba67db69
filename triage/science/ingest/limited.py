"""Work in a process apart, under limits of memory and time: where a hostile file comes to its end.

Each process that asks has one server, started with the first piece of work, that has imported the
science and knows no secret. It forks a child for each piece of work, which takes milliseconds where
a fresh interpreter takes a second. A child ends with its work, the server with who started it.
Linux only.
"""

import atexit
import contextlib
import copyreg
import gc
import importlib
import os
import pickle
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Generic, TypeVar

import duckdb

from triage.science.processes import die_with_parent
from triage.science.progress import Progress
from triage.science.readers.faults import UnreadableFile
from triage.science.words import Refused, Sentence
from triage.science.words import gettext_noop as _

S = TypeVar("S")
T = TypeVar("T")
# What the server imports before it forks; pyarrow and fsspec would load the others at first use.
PRELOADED = (
    *("pandas", "pyarrow.dataset", "pyarrow.parquet", "fsspec.implementations.local"),
    "triage.science.ingest.apart",
)
_NO_MEMORY = (MemoryError, duckdb.OutOfMemoryException)
# Never in the environment of what reads other people's files.
_SECRETS = {"SECRET_KEY", "DATABASE_URL"}
# Children of one process at a time: four threads with four hostile files are still two children.
AT_ONCE = 2
START_SECONDS = 60.0
# How often the clocks are looked at.
_TICK_SECONDS = 0.2
# An answer is a description; one larger than this is none.
MOST_ANSWER_BYTES = 64 * 1024**2
_MB = 1024**2


@dataclass(frozen=True)
class Limits:
    """What a piece of work may take.

    `megabytes` beyond what a child holds before it begins, `seconds` of processor time, and
    `patience` seconds by the clock on the wall.
    """

    megabytes: int = 2048
    seconds: int = 10
    patience: int = 60


class BeyondLimits(UnreadableFile):
    """Reading takes more than it may, or was ended from outside."""


class Apart(Generic[S]):
    """A child that holds `subject` and does work on it; a context, at whose end nothing is left.

    `name`: what is read, for the person who is refused.
    """

    def __init__(self, subject: S, name: str, limits: Limits) -> None:
        self.subject, self.name, self.limits = subject, name[:200], limits
        self.pid = 0

    def __enter__(self) -> "Apart[S]":
        with contextlib.ExitStack() as undoing:
            _SEATS.acquire()
            undoing.callback(_SEATS.release)
            folder = undoing.enter_context(tempfile.TemporaryDirectory(prefix="reading-"))
            self._line, self._process, self.pid = _new_child()
            undoing.callback(self._end)
            self._first_words = pickle.dumps((self.subject, folder, self.limits))
            self._undoing = undoing.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undoing.close()

    def ask(
        self, work: Callable[..., T], *given: Any, progress: Progress | None = None, **named: Any
    ) -> T:
        """`work(subject, *given, **named)`, done by the child; `work` is a function of a module.

        With `progress`, the child's work is given one of its own that reaches this. Raises what
        the work refuses, and BeyondLimits.
        """
        until = time.monotonic() + self.limits.patience
        spent_before = _processor_seconds(self.pid)
        try:
            self._say((work, given, named, progress is not None))
            while True:
                spent = _processor_seconds(self.pid) - spent_before
                if spent > self.limits.seconds or time.monotonic() > until:
                    raise self._too_long(spent)
                if not self._line.poll(_TICK_SECONDS):
                    continue
                kind, told = pickle.loads(self._line.recv_bytes(MOST_ANSWER_BYTES))  # noqa: S301 - our own child
                if kind == "progress" and progress is not None:
                    progress(*told)
                elif kind == "done":
                    return told  # type: ignore[no-any-return]
                else:
                    raise self._refusal(kind, told)
        except (EOFError, ConnectionError) as problem:
            raise BeyondLimits(
                _(
                    "{name}: the process that read it was ended from outside; perhaps the machine "
                    "lacks memory. Try again, or split the file"
                ),
                name=self.name,
            ) from problem

    def _say(self, asked: tuple[Any, ...]) -> None:
        if self._first_words:
            self._line.send_bytes(self._first_words)
            self._first_words = b""
        self._line.send_bytes(pickle.dumps(asked))

    def _too_long(self, spent: float) -> BeyondLimits:
        allowed = self.limits.seconds
        return BeyondLimits(
            _(
                "{name}: reading it takes more than {n} seconds; split it, or import it with "
                "import_run, which has no such limit"
            ),
            name=self.name,
            n=allowed if spent > allowed else self.limits.patience,
        )

    def _refusal(self, kind: str, told: Any) -> Exception:
        if kind == "refused":
            refusal, state = told
            made: Exception = refusal.__new__(refusal, state["sentence"])
            vars(made).update(state)
            return made
        if kind == "memory":
            return BeyondLimits(
                _(
                    "{name}: reading it takes more than {n} MB of memory; split it, save it as "
                    "JSON Lines or Parquet, or import it with import_run, which has no such limit"
                ),
                name=self.name,
                n=self.limits.megabytes,
            )
        if kind == "deep":
            return BeyondLimits(_("{name}: its values are nested too deeply"), name=self.name)
        return RuntimeError(f"a fault while reading {self.name}, in a process apart:\n{told}")

    def _end(self) -> None:
        """Kill the child, and be back when it is gone."""
        self._line.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        ended = select.poll()
        ended.register(self._process, select.POLLIN)
        ended.poll(10_000)
        os.close(self._process)


def _processor_seconds(pid: int) -> float:
    """What a process has spent; 0.0 for one that has ended."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            after_name = stream.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


# The side of who asks: the server and how it is reached.


@dataclass
class _Server:
    process: subprocess.Popen[bytes]
    door: socket.socket


_SEATS = threading.BoundedSemaphore(AT_ONCE)
_lock = threading.Lock()
_server: _Server | None = None


def _new_child() -> tuple[Connection, int, int]:
    """The line to a new child, a descriptor of its process, and its number."""
    for _again in range(2):
        with _lock:
            server = _running()
            ours, theirs = socket.socketpair()
            with theirs, contextlib.suppress(OSError):
                socket.send_fds(server.door, [b"\0"], [theirs.fileno()])
        ours.settimeout(START_SECONDS)
        try:
            word, handed, _flags, _address = socket.recv_fds(ours, 32, 1)
        except OSError:
            word, handed = b"", []
        if word and handed:
            ours.settimeout(None)
            return Connection(ours.detach()), handed[0], int(word)
        ours.close()
        # The server was killed, or cannot fork: another may.
        with _lock:
            if _server is server:
                _stop()
    raise RuntimeError("no process for reading could be started")


def _running() -> _Server:
    global _server
    if _server is not None and _server.process.poll() is None:
        return _server
    _stop()
    ours, theirs = socket.socketpair()
    kept = {name: text for name, text in os.environ.items() if name not in _SECRETS}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import serve; serve({theirs.fileno()})"],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # Ctrl+C is for the worker, which finishes what it has in hand.
            start_new_session=True,
            env={
                **kept,
                "PYTHONPATH": os.pathsep.join(each or os.getcwd() for each in sys.path),
                # A fork is of one thread; mimalloc takes a gigabyte of addresses before any use.
                **{"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                "ARROW_DEFAULT_MEMORY_POOL": "system",
            },
        )
    _server = _Server(process, ours)
    return _server


def _stop() -> None:
    """End the server, and with it its children."""
    global _server
    if _server is None:
        return
    _server.door.close()
    try:
        _server.process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        _server.process.kill()
        _server.process.wait()
    _server = None


def _forget() -> None:
    """After a fork: the server is the parent's."""
    global _server, _lock, _SEATS
    if _server is not None:
        _server.door.close()
        _server.process.returncode = 0
    _server, _lock, _SEATS = None, threading.Lock(), threading.BoundedSemaphore(AT_ONCE)


atexit.register(_stop)
os.register_at_fork(after_in_child=_forget)


# The side of the server and its children.


def serve(descriptor: int) -> None:
    """Fork a child for each line that is handed in; ends when nobody is there to hand one in."""
    door = socket.socket(fileno=descriptor)
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    # The kernel buries the children.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        word, handed, _flags, _address = socket.recv_fds(door, 1, 1)
        if not word:
            # At once: at an interpreter's end native libraries talk of their own affairs.
            os._exit(0)
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                try:
                    door.close()
                    _live(handed[0])
                finally:
                    os._exit(0)
        os.close(handed[0])


def _live(descriptor: int) -> None:
    """A child's life: do what is asked, until nobody asks."""
    die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=os.dup(descriptor)) as named:
        process = os.pidfd_open(os.getpid())
        socket.send_fds(named, [str(os.getpid()).encode()], [process])
        os.close(process)
    line = Connection(descriptor)
    with contextlib.suppress(EOFError, ConnectionError):
        subject, tempfile.tempdir, limits = pickle.loads(line.recv_bytes())  # noqa: S301 - from who started us
        while True:
            asked = pickle.loads(line.recv_bytes())  # noqa: S301
            line.send_bytes(_answer(line, subject, limits, *asked))


def _answer(
    line: Connection,
    subject: Any,
    limits: Limits,
    work: Callable[..., Any],
    given: tuple[Any, ...],
    named: dict[str, Any],
    tells: bool,
) -> bytes:
    if tells:
        named["progress"] = lambda *told: line.send_bytes(pickle.dumps(("progress", told)))
    told: tuple[str, Any]
    try:
        _hold_to(limits)
        answer = pickle.dumps(("done", work(subject, *given, **named)))
        if len(answer) <= MOST_ANSWER_BYTES:
            return answer
        told = ("memory", None)
    except _NO_MEMORY:
        told = ("memory", None)
    except RecursionError:
        told = ("deep", None)
    except Refused as problem:
        told = ("refused", (type(problem), vars(problem)))
    except Exception:
        told = ("broken", traceback.format_exc()[-4000:])
    # What is to be said needs a little memory too.
    _at_most(resource.RLIMIT_DATA, resource.RLIM_INFINITY)
    return pickle.dumps(told)


def _hold_to(limits: Limits) -> None:
    """Limit this process from here on; who asked looks at the clocks, and this is behind that."""
    with open("/proc/self/status") as stream:
        held = next((int(line.split()[1]) for line in stream if line.startswith("VmData")), 0)
    most = held * 1024 + limits.megabytes * _MB
    _at_most(resource.RLIMIT_DATA, most)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _at_most(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime) + limits.seconds + 5)


def _at_most(kind: int, most: int) -> None:
    """Set a soft limit, not above the hard one."""
    _soft, hard = resource.getrlimit(kind)
    bounds = [each for each in (most, hard) if each != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(bounds, default=resource.RLIM_INFINITY), hard))


def writable(text: str) -> str:
    """A text without halves of characters, which no page and no table can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _spelled(sentence: Sentence) -> tuple[Callable[..., Sentence], tuple[Any, ...]]:
    """How a sentence is pickled: as what it is made of."""
    spelled = sentence.to_dict()
    for name, each in spelled["values"].items():
        spelled["values"][name] = writable(each) if isinstance(each, str) else each
    return Sentence.from_dict, (spelled,)


copyreg.pickle(Sentence, _spelled)
