"""Experiments: one factor changed at a time, several seeds, and a claim that holds.

No Django here: arrays in, frozen dataclasses out. torch is imported by trainers alone.
"""
