"""Trainers: from a material and arms to outcomes. `registry.trainer` knows them by name."""
