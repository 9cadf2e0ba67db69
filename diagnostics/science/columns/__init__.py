"""Columns that measures need and files lack, worked out from a run's tables."""
