"""Taking turns at a database that has one writer at a time.

SQLite lets writers that wait sleep and try again, in no order, for up to a tenth of a second at a
time; and since Python runs one thread at a time, the thread that holds the write lock then waits
for the interpreter behind all those that wait for the lock. Handing the turn on, first between the
threads of a process and then between processes, costs nothing and serves people in order. It is a
matter of speed alone: what is right is held by transactions and constraints.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

try:
    import fcntl
except ImportError:  # Windows: processes go back to sleeping and trying again.
    fcntl = None  # type: ignore[assignment]

_THREADS = threading.Lock()


@contextmanager
def thread_turn() -> Iterator[None]:
    """This thread's turn among those of its process; at once where writers need not queue."""
    if connection.vendor != "sqlite":
        yield
        return
    with _THREADS:
        yield


@contextmanager
def process_turn() -> Iterator[None]:
    """This process's turn to write, ended by the kernel if the process is killed."""
    name = Path(connection.settings_dict["NAME"])
    if fcntl is None or connection.vendor != "sqlite" or not name.is_file():
        yield
        return
    with name.with_name(f"{name.name}-turn").open("ab") as sign:
        fcntl.flock(sign, fcntl.LOCK_EX)
        yield
