"""Labelled pairs train encoders of texts and pictures, and a cross-encoder, on the products of one's own catalogue."""
