"""Gradient boosted trees score pairs: one booster learns alone or several as one, from blocks of features, here or in
shares.

Its doors are `boosting`, `ensemble`, `examples`, `feature_blocks` and `shares`.
"""
