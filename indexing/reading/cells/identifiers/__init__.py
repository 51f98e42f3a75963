"""Barcodes and part numbers are read from texts: what is none is told apart, and what is refused is counted."""
