"""Review: the queue, one key per verdict, the grid, flags and practice."""
