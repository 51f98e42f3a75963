"""Inputs are truth and scores, read and joined, with their categories and what the index knows of the products.

Its doors are `categories`, `context`, `joining`, `scored_blocks` and `scores`.
"""
