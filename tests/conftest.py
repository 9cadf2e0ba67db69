"""What every test may lean on: a data root of its own, no network, a browser that is really there."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from triage.management.catalogues import compile_catalogues

# The same examples every time: what fails here fails there.
hypothesis_settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis_settings.load_profile("steady")
REAL_DATA_DIR = Path(os.environ.get("REAL_DATA_DIR", "../shared/data"))
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


# Seconds for a test that waits for other programs: several times what it takes on a machine that
# two such tests keep busy.
PATIENCE = 600


def pytest_configure() -> None:
    """Compile the languages before anything is translated."""
    compile_catalogues(Path(__file__).parents[1] / "locale")


# Files whose tests take longest: begun first, so that no worker is left alone with one at the end.
LONG = (
    "test_kill.py", "test_load.py", "test_queue.py", "test_carrying_out.py", "test_builtin.py",
    "test_computing.py", "test_real_experiments.py", "test_review_browser.py", "test_run_worker.py",
    "test_team_browser.py", "test_clustering.py", "test_analysis.py", "test_kept.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers and servers may be slow; tests of real data sets skip where those are absent."""
    place = {name: at for at, name in enumerate(LONG)}
    # A stable sort: tests of one file stay together, as their fixtures want it.
    items.sort(key=lambda item: place.get(item.path.name, len(LONG)))
    for item in items:
        waits = any(item.get_closest_marker(name) for name in ("browser", "postgres", "server"))
        if waits and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(PATIENCE))
    if REAL_DATA_DIR.is_dir():
        return
    skip = pytest.mark.skip(reason=f"no real data sets at {REAL_DATA_DIR}")
    for item in items:
        if item.get_closest_marker("realdata"):
            item.add_marker(skip)


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets."""
    return REAL_DATA_DIR.resolve()


@pytest.fixture(autouse=True)
def _data_root(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.DATA_ROOT = str(tmp_path_factory.mktemp("data-root"))
    settings.STAGING_FOLDER = str(tmp_path_factory.mktemp("staging"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that leaves this machine fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def chromium_path() -> str:
    """The system's Chromium; fails with what to install where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("Chromium is not on the PATH: install your system's 'chromium' package.")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium for the whole session; each test opens a context of its own."""
    from playwright.sync_api import sync_playwright

    # Playwright runs an event loop in this thread; Django would otherwise refuse to query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    flags = ["--no-sandbox", "--disable-quic", "--no-first-run", *quiet]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        yield browser
        browser.close()
