"""Work in a process apart: what it gives back, what it may not take, what it leaves behind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from triage.science.ingest import limited
from triage.science.ingest.doubts import NeedsWord
from triage.science.ingest.ingesting import NothingToImport
from triage.science.ingest.limited import Apart, BeyondLimits, Limits
from triage.science.progress import Progress
from triage.science.readers import UnreadableFile
from triage.science.words import Sentence

ROOT = Path(__file__).resolve().parents[4]


def apart(subject: Any = None, **limits: int) -> Apart[Any]:
    return Apart(subject, "x.jsonl", Limits(**limits))


# What children are asked to do.


def doubled(subject: int) -> int:
    return 2 * subject


def hoard(subject: None, megabytes: int) -> int:
    return len(bytearray(megabytes * 1024**2))


def hoard_in_arrow(subject: None, megabytes: int) -> int:
    import pyarrow as pa

    return pa.allocate_buffer(megabytes * 1024**2).size


def toil(subject: None) -> None:
    while True:
        pass


def dawdle(subject: None) -> None:
    time.sleep(60)


def die(subject: None) -> None:
    Path(tempfile.mkdtemp(), "half").write_text("done")
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(subject: Exception) -> None:
    raise subject


def refuse_for_want_of_a_word(subject: None) -> None:
    raise NeedsWord("doubtful", "{n} of {what}", n=1200, what=Sentence("it {is}", **{"is": "{x}"}))


def refuse_in_few_words(subject: None) -> None:
    raise NothingToImport("nothing is there")


def dig(subject: None) -> None:
    dig(subject)


def stumble(subject: None) -> None:
    raise KeyError("a fault of ours")


def tell(subject: None, *, progress: Progress) -> str:
    progress(0.5, Sentence("{n} rows read", n=7))
    progress(1.0, "done")
    return "told"


def secrets(subject: None) -> list[str]:
    return [name for name in ("SECRET_KEY", "DATABASE_URL") if name in os.environ]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(*pids: int) -> bool:
    """Whether the processes end; those of a parent that was killed need a moment."""
    until = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_alive, pids))


def test_a_child_holds_its_subject_and_is_gone_afterwards() -> None:
    with apart(21) as child:
        assert child.ask(doubled) == 42
        assert child.ask(doubled) == 42
        pid = child.pid
        assert is_alive(pid)
        assert pid != os.getpid()

    assert not is_alive(pid)


@pytest.mark.parametrize("work", [hoard, hoard_in_arrow])
def test_more_memory_than_it_may_have_is_a_plain_refusal(work) -> None:
    with apart(megabytes=200) as child:
        assert child.ask(work, 100) == 100 * 1024**2
        with pytest.raises(BeyondLimits, match="reading it takes more than 200 MB") as why:
            child.ask(work, 5000)

    assert isinstance(why.value.sentence, Sentence)
    assert why.value.sentence.values == {"name": "x.jsonl", "n": 200}


@pytest.mark.parametrize(
    ("work", "limits"), [(toil, {"seconds": 1}), (dawdle, {"patience": 1})], ids=["toil", "dawdle"]
)
def test_more_time_than_it_may_take_is_a_plain_refusal(work, limits) -> None:
    with apart(**limits) as child, pytest.raises(BeyondLimits, match="more than 1 seconds"):
        child.ask(work)

    assert not is_alive(child.pid)


def test_a_killed_child_is_a_plain_refusal_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with apart() as child, pytest.raises(BeyondLimits, match="ended from outside"):
        child.ask(die)

    assert not is_alive(child.pid)
    assert not list(tmp_path.iterdir())


def test_a_child_killed_before_it_is_asked_is_the_same_refusal() -> None:
    with apart() as child:
        os.kill(child.pid, signal.SIGKILL)
        assert gone(child.pid)
        with pytest.raises(BeyondLimits, match="ended from outside"):
            child.ask(doubled)


def test_refusals_come_back_as_they_were_raised() -> None:
    with apart() as child:
        with pytest.raises(NeedsWord) as word:
            child.ask(refuse_for_want_of_a_word)
        with pytest.raises(NothingToImport) as nothing:
            child.ask(refuse_in_few_words)

    assert str(word.value) == "1,200 of it {x}"
    assert word.value.flag == "doubtful"
    assert word.value.sentence.to_dict() == {
        "words": "{n} of {what}",
        "values": {"n": 1200, "what": {"words": "it {is}", "values": {"is": "{x}"}}},
    }
    assert nothing.value.sentence == "nothing is there"


def test_nesting_is_refused_and_a_fault_of_ours_is_not() -> None:
    with apart() as child:
        with pytest.raises(UnreadableFile, match="nested too deeply"):
            child.ask(dig)
        with pytest.raises(RuntimeError, match="a fault of ours"):
            child.ask(stumble)


def test_progress_reaches_who_asked() -> None:
    heard: list[tuple[float, str]] = []
    with apart() as child:
        assert child.ask(tell, progress=lambda *told: heard.append(told)) == "told"

    assert heard == [(0.5, "7 rows read"), (1.0, "done")]
    assert isinstance(heard[0][1], Sentence)


def test_who_reads_the_files_of_others_knows_no_secret() -> None:
    with apart() as child:
        assert child.ask(secrets) == []


def test_a_new_server_takes_the_place_of_one_that_was_killed() -> None:
    with apart(1) as child:
        child.ask(doubled)
    assert limited._server is not None
    server = limited._server.process.pid
    os.kill(server, signal.SIGKILL)

    with apart(4) as child:
        assert child.ask(doubled) == 8

    assert limited._server.process.pid != server


def test_no_more_children_at_once_than_seats() -> None:
    most, lock = [0], threading.Lock()
    inside = 0

    def one() -> None:
        nonlocal inside
        with apart(1) as child:
            with lock:
                inside += 1
                most[0] = max(most[0], inside)
            assert child.ask(doubled) == 2
            with lock:
                inside -= 1

    threads = [threading.Thread(target=one) for _number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert inside == 0
    assert most[0] <= limited.AT_ONCE


ASKING = """
import time
from triage.science.ingest import limited
with limited.Apart(1.0, "x", limited.Limits()) as child:
    child.ask(float.is_integer)
    print(limited._server.process.pid, child.pid, flush=True)
    {then}
"""


@pytest.mark.parametrize("then", ["time.sleep(60)", "1 / 0", "pass"])
def test_nothing_outlives_who_asked(then: str) -> None:
    """Killed while it waits, ended by a fault, ended well."""
    asking = subprocess.Popen(
        [sys.executable, "-c", ASKING.format(then=then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert asking.stdout is not None
    server, child = map(int, asking.stdout.readline().split())
    if "sleep(" in then:
        asking.kill()
    asking.communicate(timeout=60)

    assert gone(server, child)
