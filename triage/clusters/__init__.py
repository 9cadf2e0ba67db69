"""Clusters: the analysis of a run's errors, its map, and what people call its groups."""
