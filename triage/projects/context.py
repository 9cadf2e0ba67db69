"""What every template may ask for."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from triage.models import WorkerPulse


def house(request: HttpRequest) -> dict[str, Any]:
    """`worker_alive`: looked up only on pages that show background work."""
    return {"worker_alive": SimpleLazyObject(WorkerPulse.any_alive)}
