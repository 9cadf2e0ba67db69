"""A server for browsers whose requests run side by side, each with a connection of its own."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.databases import shared_database

__all__ = ["served", "shared_database"]


@pytest.fixture
def served(shared_database: None, settings: Any) -> Iterator[LiveServer]:
    """Like `live_server`, on the database as a file: in memory all threads share one connection."""
    server = LiveServer("127.0.0.1")
    yield server
    wait_for_answers()
    server.stop()


def wait_for_answers() -> None:
    """What a closed page still asked for is answered before the database goes away."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any("process_request_thread" in each.name for each in threading.enumerate()):
            return
        time.sleep(0.02)
