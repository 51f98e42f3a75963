"""Decisions turn scores into probabilities and matches: they choose maps and thresholds on validation pairs, and say
what these hold on pairs that chose neither."""
