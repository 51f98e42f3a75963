"""Kinds tell whether scored pairs are unlike the validation pairs that a model was judged by: from samples of both, with their
features, and which of the scored pairs are then worth a label.

Its doors are `judged_sample`, `kind_check`, `pair_sample`, `pairs_to_label`, `reservoir` and `unlike_calls`.
"""
