"""An index finds the nearest neighbours of queries: this room holds the Index protocol, its engines, the recall that
they reach, and the lists of best and near rows."""
