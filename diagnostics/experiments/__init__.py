"""Experiments: designed, carried out in the worker, read on their page."""
