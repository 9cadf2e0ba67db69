"""What a file alone can carry: excess of errors over right answers, gaps, and what stays open.

Every claim has a null, a tolerance and an interval; all claims of a run are tested together.
"""
