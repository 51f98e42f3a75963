"""From neighbours to scores: pairs, candidates, features, the reranker."""
