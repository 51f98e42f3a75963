"""A signal is what is seen of a pair: every feature is computed here, for pairs of a catalogue.

Its doors are `counted_catalogue`, `families.attributes`, `families.identifiers`, `families.listed_sides`, `families.numbers`,
`families.points`, `families.products`, `families.ranks`, `families.titles`, `families.views`, `feature`,
`kept_counts`, `kept_pairs`, `learned.cross`, `learned.cross_encoder`, `learned.cross_folds`, `learned.gate`, `learned.pair_tokens`,
`learned.rival_lists`, `learned.rivals`, `learned.stacking`, `learned.word_training`, `learned.words`,
`plain_families`, `product_rows`, `signals`, `stacked`, `texts.attribute_values`, `texts.bags`, `texts.codes`, `texts.colors`,
`texts.counting`, `texts.ranges`, `texts.synonyms`, `texts.worlds` and `whole_catalogue`.
"""
