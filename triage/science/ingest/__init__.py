"""From readers to a run: rows are read, completed, checked, scored and written; all or nothing."""
