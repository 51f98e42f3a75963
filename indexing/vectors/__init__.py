"""This room keeps rows of numbers: unit vectors on disk, fused rows, rows in layers, n-grams as sparse rows, centres
of near ones.

Its doors are `centres`, `fusion`, `layers`, `ngram_options`, `ngrams`, `pair_cosines`, `random_signs`, `rows` and
`vectors`.
"""
