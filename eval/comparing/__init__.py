"""Comparing holds two reports, or two runs of scores, against each other.

Its doors are `comparison`, `drift`, `judged` and `render`.
"""
