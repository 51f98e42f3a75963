"""Audits say what scores are worth where hardly a label is known: which pairs a reviewer is asked, and what follows.

Its doors are `answered`, `estimates`, `population` and `sampling`.
"""
