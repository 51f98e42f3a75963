"""`heroic train`: a reranker from labelled pairs."""
