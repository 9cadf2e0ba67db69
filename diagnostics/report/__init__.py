"""Report: the whole diagnosis as one file."""
