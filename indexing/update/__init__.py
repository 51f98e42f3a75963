"""An update puts products into an index, and takes others out, without building it again.

Its doors are `compact_index`, `row_digests` and `update_index`.
"""
