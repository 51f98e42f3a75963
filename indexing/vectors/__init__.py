"""This room keeps rows of numbers: unit vectors on disk, fused rows, rows in layers, n-grams as sparse rows.

Its doors are `fusion`, `layers`, `ngram_options`, `ngrams`, `pair_cosines`, `random_signs`, `rows` and `vectors`.
"""
