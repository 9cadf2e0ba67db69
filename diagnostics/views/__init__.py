"""Pages of the conclusions: thin, one verb each."""
