"""Nearest neighbours of queries: the Index protocol, its engines, their recall and their lists."""
