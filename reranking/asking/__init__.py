"""Reviewers are asked the pairs whose labels teach most: a pool of candidates, a committee of small boosters that disagrees
about some of them, and a session that is always a batch ahead of its reviewer.

Its doors are `committee`, `open_session`, `pool`, `pool_rows` and `session`.
"""
