"""Offers that are in no index are matched against one: scored as if an update had put each of them in, alone.

Its doors are `match_file`, `match_offers` and `matched_offers`.
"""
