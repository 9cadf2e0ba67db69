"""Template tags of the conclusions."""
