"""The recipe of a curated set, and the files that it is written to."""
