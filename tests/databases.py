"""A database that many threads and processes can share: a SQLite file, a PostgreSQL cluster."""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """The test database as a file, as it is when the product runs; nothing to do elsewhere.

    Tests run on SQLite in memory, where threads share one cache and fail instead of waiting.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    path = tmp_path / "shared.sqlite3"
    with sqlite3.connect(path) as copy:
        in_memory.backup(copy)
    copy.close()
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    try:
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = in_memory, name


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_tool(name: str) -> str | None:
    """A program of a PostgreSQL server, on the PATH or where Debian keeps it."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or next((str(p / name) for p in places if (p / name).is_file()), None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A cluster of its own for this session; skips where there is no server binary."""
    initdb, server = postgres_tool("initdb"), postgres_tool("pg_ctl")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL server binary")
    folder = Path(tempfile.mkdtemp(prefix="alignment-triage-pg-"))
    more: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "timeout": 180}
    if os.geteuid() == 0:
        # The server refuses to run as root.
        shutil.chown(folder, "postgres", "postgres")
        more["user"], more["group"], more["cwd"] = "postgres", "postgres", folder
    data, port = folder / "data", free_port()
    subprocess.run([initdb, "-A", "trust", "-U", "postgres", "-D", data], **more)
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder}"
    subprocess.run([server, "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], **more)
    try:
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([server, "-D", data, "-m", "immediate", "stop"], **more)
        shutil.rmtree(folder, ignore_errors=True)
