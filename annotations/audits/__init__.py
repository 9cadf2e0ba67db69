"""Audits: planned, drawn, assigned, closed."""
