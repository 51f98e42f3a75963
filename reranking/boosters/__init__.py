"""Gradient boosted trees: one, several as one, and the blocks of features they learn from."""
