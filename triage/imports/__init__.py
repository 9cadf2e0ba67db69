"""Imports: a file of predictions in, described by a person, read by the worker."""
