"""Pairs of products are read from files, labelled, proposed, grouped and held out here.

Its doors are `candidates`, `evaluation_category`, `folds`, `hold_out`, `labelled`, `misleading_pairs`,
`pair_files`, `pair_rejects`, `positioned_blocks`, `product_groups`, `repeats` and `seen_products`.
"""
