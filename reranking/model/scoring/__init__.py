"""Scoring is done for a share of matches, and where there are several workers in parts of the pairs."""
