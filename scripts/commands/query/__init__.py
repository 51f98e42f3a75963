"""`heroic query`: neighbours of one product, once or at a prompt."""
