"""A model is a trained reranker: this room writes it to disk with its card, opens it, and scores pairs with it."""
