"""A database that many threads and processes can share: a SQLite file, a PostgreSQL cluster."""

import os
import pwd
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


def plain_user() -> tuple[int, int]:
    """User and group of somebody who is not root, to run the server as."""
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    found = names.get("postgres") or names["nobody"]
    return found.pw_uid, found.pw_gid


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A cluster of its own for this session; skips where there is no server binary."""
    initdb, server = postgres_tool("initdb"), postgres_tool("pg_ctl")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL server binary")
    # In /tmp and not where TMPDIR says: the server's user must be able to walk in.
    folder = Path(tempfile.mkdtemp(prefix="alignment-triage-pg-", dir="/tmp"))
    more: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "timeout": 180}
    if os.geteuid() == 0:
        # The server refuses to run as root.
        more["user"], more["group"], more["cwd"] = *plain_user(), folder
        os.chown(folder, more["user"], more["group"])
    data = folder / "data"
    subprocess.run([initdb, "-A", "trust", "-U", "postgres", "-D", data], **more)
    for attempt in range(5):
        # The port may be taken between the look and the start.
        port = free_port()
        options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories=''"
        start = [
            server,
            "-D",
            data,
            "-w",
            "-t",
            "150",
            "-l",
            folder / "log",
            "-o",
            options,
            "start",
        ]
        try:
            subprocess.run(start, **more)
            break
        except subprocess.CalledProcessError:
            if attempt == 4:
                pytest.fail((folder / "log").read_text()[-3000:])
    try:
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([server, "-D", data, "-m", "immediate", "stop"], **more)
        shutil.rmtree(folder, ignore_errors=True)
