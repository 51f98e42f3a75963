"""Grouping turns scored pairs into product groups: it merges along matches, and names the groups from run to run."""
