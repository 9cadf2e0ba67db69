"""Diagnosis: the measures of a run, priorities and the checklist."""
