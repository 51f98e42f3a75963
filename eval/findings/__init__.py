"""Findings stand beside a report's figures: mistakes, suspects, slices, leakage, the ceiling of retrieval.

Its doors are `ceiling`, `leakage`, `mistakes`, `mixes`, `promise`, `reasons`, `slices` and `suspects`.
"""
