"""Metrics are the figures: area under the precision-recall curve, intervals, reliability, decisions.

Its doors are `curves`, `decisions`, `intervals`, `precision_auc`, `reliability` and `uncertainty`.
"""
