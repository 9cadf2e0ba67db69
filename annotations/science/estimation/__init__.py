"""Designs, intervals, raters and the draw: what an audit's verdicts establish."""
