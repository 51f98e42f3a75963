"""The sample catalogue is drawn from a seed: products, offers, pictures and pairs.

Its door is `files`.
"""
