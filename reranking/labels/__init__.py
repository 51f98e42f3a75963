"""Labels are what reviewers say of pairs: a store of events that several processes write, what counts of it, and how far
reviewers agree.

Its doors are `agreement`, `asking`, `label`, `reviews`, `settled`, `store`, `store_file` and `trend`.
"""
