"""A server for browsers whose requests run side by side, each with a connection of its own."""

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
    # What a closed page still asked for is answered before the database goes away.
    time.sleep(0.2)
    server.stop()
