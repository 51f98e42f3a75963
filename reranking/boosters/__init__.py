"""Gradient boosted trees score pairs: one booster learns alone or several as one, from blocks of features.

Its doors are `boosting`, `ensemble` and `feature_blocks`.
"""
