"""Findings stand beside a report's figures: mistakes, suspects, slices, leakage, the ceiling of retrieval."""
