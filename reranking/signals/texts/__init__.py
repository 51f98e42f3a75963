"""Titles and attributes are read here: their tokens, codes, quantities and colours."""
