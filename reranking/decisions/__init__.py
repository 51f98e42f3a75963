"""Decisions turn scores into probabilities and matches: they choose maps and thresholds on validation pairs, and say
what these hold on pairs that chose neither.

Its doors are `asked_precision`, `calibration`, `evidence`, `expected`, `judgement`, `prior`, `prior_shift`,
`thresholds` and `validation`.
"""
