"""Ratio: the noise ratio of an audit beside its rule, and the lists of audits."""
