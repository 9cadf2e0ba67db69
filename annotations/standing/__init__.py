"""Standing: where an audit stands now, counted from its verdicts."""
