"""Attributes of any usual shape become pairs of a key and a value, in columns."""
