"""Runs: overview, error list, sample, pictures and refused rows of what was imported."""
