"""A model is a trained reranker: this room writes it to disk with its card, opens it, and scores pairs with it.

Its doors are `folder`, `index_needs`, `manifest`, `pair_scorer`, `reranker`, `score_pairs`, `scores_manifest`,
`scores_writer`, `scoring.counted_parts`, `scoring.pair_parts`, `scoring.prior_choice`, `train_options` and `training_report`.
"""
