"""Training turns labelled pairs into a reranker, and searches settings and audits labels by cross-validation."""
