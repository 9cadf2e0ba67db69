#!/usr/bin/env python
"""Django's command line for Alignment Triage."""

import atexit
import os
import sys


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    # When the interpreter ends, native libraries report references of theirs that others still
    # hold: forty lines for their authors, after the last word of a command that went well.
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"{problem}. Settings come from the environment or .env: see .env.example.")


if __name__ == "__main__":
    main()
