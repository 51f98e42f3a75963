"""Barcodes and part numbers of products are compared here, and the pairs that share one are found.

Its doors are `identifiers` and `label_evidence`.
"""
