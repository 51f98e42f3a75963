"""An explanation says why a pair has its score: what each feature adds to it, and the reasons in words.

Its doors are `contributions`, `explanation`, `product_facts` and `reasons`.
"""
