"""The families of features that are learned from labelled pairs, out of fold."""
