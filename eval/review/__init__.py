"""Review puts the pairs of a scores file into a queue for people: those nearest to the threshold of their category
first.

Its doors are `queue` and `read_queue`.
"""
