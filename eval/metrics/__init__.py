"""The figures: area under the precision-recall curve, intervals, reliability, decisions."""
