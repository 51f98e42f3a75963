"""This room keeps rows of numbers: unit vectors on disk, fused rows, rows in layers, n-grams as sparse rows, centres
of near ones, and how FAISS goes through rows.

Its doors are `centres`, `fusion`, `layers`, `ngram_options`, `ngrams`, `pair_cosines`, `random_signs`, `row_blocks`,
`rows`, `sparse_rows` and `vectors`.
"""
