"""From labelled pairs to a reranker."""
