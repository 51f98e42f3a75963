"""Labelled pairs are completed by mined non-matches and by matches that follow; and where there are none, candidates are learned
from by how likely they match."""
