"""Metrics are the figures: area under the precision-recall curve, intervals, reliability, decisions.

Its doors are `curves`, `decisions`, `drawn_parts`, `intervals`, `precision_auc`, `reliability` and `uncertainty`.
"""
