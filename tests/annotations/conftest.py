"""Databases that threads and other processes share."""

from tests.databases import postgres_url, shared_database

__all__ = ["postgres_url", "shared_database"]
