"""In the world of an offer it stands among the products of an index: what that does to their lists, claims and rivals."""
