"""Trainers by name; a trainer's module is imported when it is first asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from diagnostics.science.experiments.design.outcomes import Trainer

# name → module and class. Other than the built-in one, a trainer is one more line here.
TRAINERS: Mapping[str, tuple[str, str]] = {
    "builtin": ("diagnostics.science.experiments.training.trainers.builtin", "BuiltinTrainer"),
    "checkpoint": (
        "diagnostics.science.experiments.training.trainers.checkpoint",
        "CheckpointTrainer",
    ),
    "command": ("diagnostics.science.experiments.training.trainers.command", "CommandTrainer"),
}


class UnknownTrainer(ValueError):
    """There is no trainer of that name; the message names those there are."""


def trainer(name: str, **options: Any) -> Trainer:
    """A trainer with its options. Raises UnknownTrainer, and TypeError for an unknown option."""
    if name not in TRAINERS:
        raise UnknownTrainer(f"'{name}' is no trainer (known: {', '.join(TRAINERS)})")
    module, factory = TRAINERS[name]
    made: Trainer = getattr(import_module(module), factory)(**options)
    return made
