"""This room turns products into vectors: one engine a file, named by a SPEC."""
