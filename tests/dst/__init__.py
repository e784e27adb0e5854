"""Deterministic simulation: the real client against the simulated exchange, in virtual time, all of it from one seed.

python tests/dst/run.py --seeds 20 --messages 20000
"""
