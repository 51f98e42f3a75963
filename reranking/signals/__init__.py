"""What is seen of a pair: every feature, computed for pairs of a catalogue."""
