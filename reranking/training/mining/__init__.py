"""Labelled pairs are completed by mined non-matches and by matches that follow."""
