"""`heroic inspect`: what an index, a model, scores or groups are."""
