"""Demonstration: a planted world, judged and diagnosed, so that a new team sees the whole chain."""
