"""Settings of where and with what trials are trained: wrong ones end the start with a reason."""

import json
import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from triage.settings import _training_commands


def started_with(**given: str) -> subprocess.CompletedProcess[str]:
    """The settings read by a process of their own."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from triage import settings as s; import json; print(json.dumps([s.COMPUTE_BACKEND, "
            "s.COMPUTE_JOBS, s.TRAINING_COMMANDS, s.TRAINING_COMMAND_HONOURS]))",
        ],
        env={**os.environ, "SECRET_KEY": "x", **given},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_given_is_read() -> None:
    commands = {"bag": ["python", "t.py"], "deep": {"argv": ["d"], "honours": ["augmented"]}}

    done = started_with(
        COMPUTE_BACKEND="ray", COMPUTE_JOBS="3", TRAINING_COMMANDS=json.dumps(commands)
    )

    assert json.loads(done.stdout) == [
        "ray",
        3,
        {"bag": ["python", "t.py"], "deep": ["d"]},
        {"bag": [], "deep": ["augmented"]},
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"COMPUTE_BACKEND": "cloud"}, "COMPUTE_BACKEND is local or ray, not 'cloud'"),
        ({"COMPUTE_JOBS": "0"}, "COMPUTE_JOBS is 1 or more, not 0"),
        ({"TRAINING_COMMANDS": '["train.py"]'}, "TRAINING_COMMANDS is an object"),
    ],
)
def test_what_cannot_be_ends_the_start(given: dict[str, str], words: str) -> None:
    done = started_with(**given)

    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("python t.py", "needs a list of words"),
        ([], "needs a list of words"),
        (["python", 3], "needs a list of words"),
        (["python", ""], "empty word"),
        ({"honours": ["augmented"]}, "needs a list of words"),
        ({"argv": ["t"], "honours": "augmented"}, "is a list of factors"),
        ({"argv": ["t"], "honours": [1]}, "is a list of factors"),
        ({"argv": ["t"], "shell": True}, "argv and honours, not 'shell'"),
    ],
)
def test_a_command_that_is_no_list_of_words_is_refused(entry: object, words: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        _training_commands({"x": entry})


def test_a_command_without_a_name_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="empty word or name"):
        _training_commands({"": ["t"]})
