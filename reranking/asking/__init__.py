"""Reviewers are asked the pairs whose labels teach most: a pool of candidates, a committee of small boosters that disagrees
about some of them, and a session that is always a batch ahead of its reviewer.

Its door is `open_session`.
"""
