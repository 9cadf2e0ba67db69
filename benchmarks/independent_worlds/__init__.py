"""Simulated runs that share no code with the testbed: what is claimed of them is counted.

python -m benchmarks.independent_worlds --seeds 100-104
"""
