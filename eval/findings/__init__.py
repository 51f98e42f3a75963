"""What a report finds beside its figures: mistakes, suspects, slices, leakage, the ceiling of retrieval."""
