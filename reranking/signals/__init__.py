"""A signal is what is seen of a pair: every feature is computed here, for pairs of a catalogue.

Its doors are `families.ranks`, `feature`, `learned.cross_encoder`, `learned.cross_folds`, `learned.pair_tokens`,
`learned.rival_lists`, `learned.rivals`, `learned.stacking`, `learned.words`, `signals`, `texts.attribute_values`,
`texts.bags`, `texts.codes` and `texts.colors`.
"""
