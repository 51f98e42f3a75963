"""Neighbours are brought up to date in parts: workers look at the kept lists, compare cells and search for ranges of products."""
