"""Weak labels say how likely pairs match where nobody labelled any: by what the catalogue itself says.

Its door is `weak_pairs`.
"""
