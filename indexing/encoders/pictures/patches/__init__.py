"""Colours of the small parts of a picture, gathered by what was learned from the catalogue: the encoder `patches`."""
