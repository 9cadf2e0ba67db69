"""What outcomes say: comparisons, cautions, sentences."""
