"""Cleaning: the queue of the most suspicious samples, for repair. It feeds no ratio."""
