"""Causes: what names each error's cause, its evidence, and the queue where people confirm it."""
