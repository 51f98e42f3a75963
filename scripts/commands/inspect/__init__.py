"""`heroic inspect` says what an index, a model, scores or groups are."""
