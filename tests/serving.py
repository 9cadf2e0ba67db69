"""A real server of the product with a database and data root of its own, that can be killed."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

# Long enough for a machine that is busy with other tests: how long a program may take to start or
# to finish, and a request to be answered.
START_SECONDS = 180
ANSWER_SECONDS = 60
REPOSITORY = Path(__file__).resolve().parent.parent
# Signs people in by session, as the sign-in page would, and draws an audit.
SETTING_UP = """
import json, sys, django
django.setup()
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from annotations.models import Audit
from tests.annotations.audit_factories import make_audit, make_member
from triage.models import Role
wish = json.load(sys.stdin)
audit = make_audit(wish["items"], right=0, overlap=wish["overlap"])
sessions = []
for number in range(wish["people"]):
    user = make_member(audit.project, f"person{number}", Role.ANNOTATOR)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    sessions.append([user.pk, store.session_key])
print(json.dumps({"audit": audit.pk, "sessions": sessions}))
"""


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`manage.py serve` in a process group of its own."""

    folder: Path
    database: str = ""
    processes: int = 2
    port: int = field(default_factory=free_port)
    tree: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings of this instance, whatever the caller's are."""
        given = {name: text for name, text in os.environ.items() if name != "STATIC_ROOT"}
        return {
            **given,
            "SECRET_KEY": "a server of the tests",
            "DATABASE_URL": self.database or f"sqlite:///{self.folder}/db.sqlite3",
            "DATA_ROOT": str(self.folder / "data"),
            "STATIC_ROOT": str(self.folder / "static"),
            "DJANGO_SETTINGS_MODULE": "triage.settings",
            "PYTHONPATH": str(REPOSITORY),
            "OMP_NUM_THREADS": "1",
        }

    def prepare(self, items: int, people: int, overlap: int = 1) -> dict[str, Any]:
        """Prepare, and draw an audit: {"audit": key, "sessions": [[user key, session key]]}."""
        self._manage("prepare", "--verbosity", "0")
        wish = json.dumps({"items": items, "people": people, "overlap": overlap})
        made = subprocess.run(
            [sys.executable, "-c", SETTING_UP],
            env=self.environment,
            input=wish,
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            timeout=START_SECONDS,
        )
        if made.returncode:
            raise RuntimeError(made.stderr[-3000:])
        return dict(json.loads(made.stdout))

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["--port", str(self.port), "--processes", str(self.processes)]
        with (self.folder / "server.log").open("ab") as log:
            self.tree = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-worker", "--no-prepare", *options],
                cwd=REPOSITORY,
                env=self.environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        # A port that takes connections is not yet a process that answers them.
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.tree.poll() is None:
            if self._answers():
                return
            time.sleep(0.05)
        raise RuntimeError((self.folder / "server.log").read_text()[-3000:])

    def _answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            line.request("GET", "/accounts/login/")
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def kill(self) -> None:
        """SIGKILL for every process of the tree at once."""
        if self.tree is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.tree.pid, signal.SIGKILL)
            self.tree.wait()

    def _manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, check=True, timeout=START_SECONDS
        )


class Unanswered(Exception):
    """The request got no answer: whether it was carried out is not known."""


class Annotator:
    """One person at the review page, speaking what its script speaks."""

    def __init__(self, port: int, audit: int, user: int, session: str) -> None:
        self.port, self.user, self.session = port, user, session
        self.path = f"/audits/{audit}/review/"
        self.token = "t" * 32
        self.connection: http.client.HTTPConnection | None = None

    def open_page(self) -> list[int]:
        """Places of the cards that the page brings; empty when there is nothing to judge."""
        status, page = self._ask("GET")
        if status != 200:
            raise Unanswered(f"{status}: {page[:300]}")
        return [int(place) for place in re.findall(r'<article[^>]*data-place="(\d+)"', page)]

    def judge(self, place: int, submission: uuid.UUID, holding: list[int]) -> dict[str, Any]:
        """Send one verdict; the acknowledgement. Raises Unanswered."""
        sent = [("do", "verdict"), ("place", place), ("verdict", kind_of(place))]
        sent += [("submission", str(submission)), ("seconds", "1.0")]
        sent += [("holding", each) for each in holding]
        status, text = self._ask("POST", urlencode(sent))
        if status != 200:
            raise Unanswered(f"{status}: {text[:300]}")
        return dict(json.loads(text))

    def leave(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def _ask(self, method: str, body: str | None = None) -> tuple[int, str]:
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={self.token}",
            "X-CSRFToken": self.token,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if method == "POST":
            headers["X-Review"] = str(self.user)
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=ANSWER_SECONDS
                )
            self.connection.request(method, self.path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as problem:
            self.leave()
            raise Unanswered(str(problem)) from problem


def kind_of(place: int) -> str:
    """What everybody says of the item at `place`."""
    return ("match", "mismatch", "unsure", "ambiguous")[place % 4]
