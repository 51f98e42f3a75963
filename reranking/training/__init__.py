"""Training turns labelled pairs into a reranker, and searches settings and audits labels by cross-validation.

Its doors are `apart.training_elsewhere`, `audit`, `examples`, `scarce_labels.unsupervised`, `train_reranker`,
`training_pairs` and `tuning`.
"""
