"""Evidence: the frame an audit draws from, and the snapshot of what an annotator sees."""
