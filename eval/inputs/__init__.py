"""Truth and scores, read and joined; categories, and what the index knows of the products."""
