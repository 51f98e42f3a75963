"""A wording tells in words what a family of features sees in a pair: what is alike, and what sets the two apart."""
