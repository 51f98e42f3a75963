"""A signal is what is seen of a pair: every feature is computed here, for pairs of a catalogue."""
