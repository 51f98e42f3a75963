"""`heroic train` makes a reranker from labelled pairs."""
