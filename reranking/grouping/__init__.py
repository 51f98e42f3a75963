"""Grouping turns scored pairs into product groups: it merges along matches, and names the groups from run to run.

Its doors are `group_files`, `group_products` and `scored_pairs`.
"""
