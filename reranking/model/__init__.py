"""A trained reranker: on disk, described by its card, and scoring pairs."""
