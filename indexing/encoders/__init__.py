"""From products to vectors: one engine a file, named by a SPEC."""
