"""From scores to decisions: calibration, thresholds, and what is held on pairs that chose neither."""
