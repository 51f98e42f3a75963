"""An index finds the nearest neighbours of queries: this room holds the Index protocol, its engines, the recall that
they reach, and the lists of best and near rows.

Its doors are `best_lists`, `device`, `equal_rows`, `faiss_index`, `gpu_index`, `index`, `layered_index`,
`lexical_index`, `near_lists`, `neighbours`, `recall` and `tuned_index`.
"""
