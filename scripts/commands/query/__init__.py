"""`heroic query` finds the neighbours of one product, once or at a prompt."""
