"""Metrics are the figures: area under the precision-recall curve, intervals, reliability, decisions."""
