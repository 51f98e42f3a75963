"""Joins in parts: each worker finds the neighbours of some products, which are then merged by ranges of rows."""
