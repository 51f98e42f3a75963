"""An explanation says why a pair has its score: what each feature adds to it, and the reasons in words; and why a promise
of precision is taken back.

Its doors are `category_warnings`, `contributions`, `document`, `explanation`, `product_facts`, `promise_warnings`, `reasons`,
`wording.learned` and `wording.seen_pair`.
"""
