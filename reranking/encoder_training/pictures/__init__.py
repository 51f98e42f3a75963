"""How a picture encoder learns: pictures decoded, augmented and batched."""
