"""`serve`: gunicorn, WhiteNoise and the background worker in one process tree."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.science.processes import Child, Tree


class Command(BaseCommand):
    """Serve the product; Ctrl+C (or SIGTERM) stops all of it."""

    help = "Serve the pages and run the background worker, until Ctrl+C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen and how wide."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 4))
        parser.add_argument("--threads", type=int, default=4, help="threads of each process")
        parser.add_argument("--no-worker", action="store_true", help="a worker runs elsewhere")
        parser.add_argument("--no-prepare", action="store_true", help="skip `prepare`")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the tree and wait."""
        if not options["no_prepare"]:
            call_command("prepare", verbosity=0)
        children = [Child("web server", gunicorn_command(options))]
        if not options["no_worker"]:
            manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
            children.append(Child("worker", [*manage, "run_worker"]))
        self.stderr.write(f"Serving at http://{options['host']}:{options['port']} (Ctrl+C stops)")
        status = Tree(children, self.stderr.write).run()
        if status:
            raise CommandError("stopped because a part kept failing; its messages are above")


def gunicorn_command(options: dict[str, Any]) -> list[str]:
    """The web server's command line."""
    return [
        *(sys.executable, "-m", "gunicorn", "triage.wsgi:application"),
        *("--chdir", str(settings.BASE_DIR)),
        *("--bind", f"{options['host']}:{options['port']}"),
        *("--worker-class", "gthread"),
        *("--workers", str(options["processes"])),
        *("--threads", str(options["threads"])),
        *("--keep-alive", "15", "--graceful-timeout", "10", "--timeout", "120"),
        # Uploads of gigabytes are streamed to disk by Django, not held by gunicorn.
        *("--log-level", "warning"),
    ]
