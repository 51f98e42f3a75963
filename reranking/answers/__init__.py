"""Answers are the neighbours of a query with a model's probabilities, for whoever asks: a terminal, a program, a
server.

Its doors are `document` and `session`.
"""
