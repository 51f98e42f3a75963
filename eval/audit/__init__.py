"""Audits say what scores are worth where hardly a label is known: which pairs a reviewer is asked, and what follows.

Its doors are `answered`, `audit_report`, `estimates`, `population`, `retrieval`, `sampling` and `session`.
"""
