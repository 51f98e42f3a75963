"""Comparing holds two reports, or two runs of scores, against each other."""
