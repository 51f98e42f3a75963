"""Products that are given to an index are read, encoded and searched for as if they were its own.

Its doors are `encoders`, `neighbour_search`, `read_given` and `untaught_pictures`.
"""
