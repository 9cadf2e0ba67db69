"""The experiments themselves, each a small object in one registry."""
