"""A build turns catalogue files into an index folder: it plans, encodes, reuses what is there, and joins every view.

Its doors are `build_index`, `build_plan`, `dense_view`, `encode_view`, `joining`, `options`, `parts.poison` and
`shard_folder`.
"""
