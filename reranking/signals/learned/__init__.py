"""These families of features are learned from labelled pairs, which they read out of fold."""
