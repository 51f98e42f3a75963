"""Labelled pairs train encoders of texts and pictures, and a cross-encoder, on the products of one's own catalogue.

Its doors are `cross`, `cross_learner`, `loop.run`, `loop.schedule`, `pictures.augmentation`,
`pictures.clip_learner`, `pictures.training`, `sentence_learner` and `text`.
"""
