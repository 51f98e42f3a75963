"""Grouping turns scored pairs into product groups: it merges along matches within what reviewers decided, and names the groups
from run to run.

Its doors are `bounds`, `decision_store`, `decisions`, `group_files`, `group_products`, `linked_groups`, `members`,
`scored_pairs` and `seen_titles`.
"""
