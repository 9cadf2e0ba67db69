"""A small process tree: the web server and the background worker, started and stopped together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# A child that dies is started again, but not for ever and not at once.
RESTARTS = 5
PAUSE_SECONDS = 2.0
GRACE_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent is killed (Linux; elsewhere a no-op)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One program of the tree."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0

    def start(self) -> None:
        """Start it in this process group."""
        self.process = subprocess.Popen(self.command, preexec_fn=die_with_parent)


@dataclass
class Tree:
    """Runs its children until told to stop, or until one fails for good."""

    children: list[Child]
    say: Callable[[str], None]
    stopping: bool = field(default=False, init=False)

    def run(self) -> int:
        """Start all, watch all; the exit status of the tree."""
        signal.signal(signal.SIGTERM, self._stop_asked)
        signal.signal(signal.SIGINT, self._stop_asked)
        for child in self.children:
            child.start()
        status = 0
        while not self.stopping and status == 0:
            time.sleep(0.2)
            status = self._look_after()
        self._stop_all()
        return status

    def _look_after(self) -> int:
        for child in self.children:
            ended = child.process.poll() if child.process else None
            if ended is None or self.stopping:
                continue
            if child.restarts >= RESTARTS:
                self.say(f"The {child.name} keeps ending (status {ended}); stopping everything.")
                return 1
            child.restarts += 1
            self.say(f"The {child.name} ended (status {ended}); starting it again.")
            time.sleep(PAUSE_SECONDS)
            child.start()
        return 0

    def _stop_asked(self, signum: int, frame: object) -> None:
        self.stopping = True

    def _stop_all(self) -> None:
        running = [child.process for child in self.children if child.process]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
