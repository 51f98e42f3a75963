"""From products to neighbours: catalogue, encoders, vectors, indexes. Knows nothing of labels."""
