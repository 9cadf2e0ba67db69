"""Where a run's files are kept and asked: Parquet, DuckDB questions, pictures."""
