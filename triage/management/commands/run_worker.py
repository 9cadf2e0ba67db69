"""`run_worker`: carries out imports, analyses and exports, and lets pages know that it is there."""

import logging
import os
import socket
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks.base import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from triage.models import Job, WorkerPulse, kinds

log = logging.getLogger(__name__)
INTERRUPTED = gettext_noop("The worker was stopped in the middle of this. Start it again.")


class Command(BaseCommand):
    """Runs until SIGTERM; a job in hand is finished first."""

    help = "Carries out background work: imports, analyses, exports."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between looks")

    def handle(self, *args: Any, **options: Any) -> None:
        name = f"{socket.gethostname()[:40]}-{os.getpid()}"
        if not WorkerPulse.any_alive():
            # Nobody else works: what is marked as running was cut off by a crash or a kill.
            fail_interrupted()
        hand_over_moved()
        pulse = Pulse(name)
        pulse.start()
        worker = Worker(
            queue_names=["*"],
            interval=options["interval"],
            batch=False,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )
        worker.configure_signals()
        try:
            worker.run()
        finally:
            pulse.stop()


def fail_interrupted() -> int:
    """Mark jobs that no living worker carries out as failed; how many there were."""
    cut_off = Job.objects.filter(state=Job.State.RUNNING)
    return cut_off.update(state=Job.State.FAILED, error=INTERRUPTED, finished_at=timezone.now())


def hand_over_moved() -> int:
    """Give what waits under a task's former path to the task; how many there were.

    A version whose tasks lay elsewhere may have queued them: they are carried out, not lost.
    """
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    return sum(
        waiting.filter(task_path__in=kind.formerly).update(task_path=kind.task)
        for kind in kinds.known()
    )


class Pulse(threading.Thread):
    """Says every few seconds that the worker lives, also while it is deep in a job."""

    def __init__(self, worker: str) -> None:
        super().__init__(daemon=True)
        self.worker = worker
        self.ended = threading.Event()

    def run(self) -> None:
        """Beat until stopped."""
        pause = 0.0
        while not self.ended.wait(pause):
            pause = settings.WORKER_SILENCE_SECONDS / 4
            try:
                WorkerPulse.beat(self.worker)
            except DatabaseError:
                # A busy database is no death: try again long before the silence is noticed.
                pause /= 10
                log.warning("the worker's pulse could not be written", exc_info=True)
        connection.close()

    def stop(self) -> None:
        """Stop, and take the pulse away: pages need not wait to know."""
        self.ended.set()
        self.join(timeout=5)
        WorkerPulse.objects.filter(worker=self.worker).delete()
