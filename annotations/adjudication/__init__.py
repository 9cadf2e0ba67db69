"""Adjudication: a lead decides what annotators did not agree on."""
